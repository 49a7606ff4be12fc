"""Rules and use-cases. Pure: no event shapes, no AWS client, no HTTP response, no clock of its own."""
