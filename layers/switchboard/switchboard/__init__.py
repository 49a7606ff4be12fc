"""What two or more of Switchboard's functions share.

Four rings, one direction: `api` (events in, responses out) → `domain` (rules and use-cases)
← `ports` (what the domain needs, as protocols) ← `adapters` (DynamoDB, SQS, Zammad, models).
Nothing here may import from a function.
"""
