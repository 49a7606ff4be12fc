"""The local stack: the deployment that template.yaml describes, run on one machine.

It holds no behaviour that the deployed stack lacks, and no name that the template already gives.
"""
