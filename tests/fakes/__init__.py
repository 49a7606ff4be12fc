"""In-memory stand-ins for the ports, with the same behaviour as the real adapters."""
