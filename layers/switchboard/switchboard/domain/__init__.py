"""Models and rules. Pure: no event shapes, no AWS client, no HTTP response, no clock."""
