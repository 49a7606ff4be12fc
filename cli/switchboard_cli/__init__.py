"""The command line: the local stack, and the configuration as code."""
