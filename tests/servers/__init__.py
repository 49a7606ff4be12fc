"""Servers that tests run beside themselves, spoken to over real HTTP."""
