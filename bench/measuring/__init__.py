"""What the measurements share: the runtime under test, and counting what it costs."""
