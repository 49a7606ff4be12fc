"""The HTTP edge: gateway events to neutral requests, neutral responses to gateway answers."""
