"""The ports fulfilled: DynamoDB, SQS, SSM, Zammad over HTTP, model servers."""
