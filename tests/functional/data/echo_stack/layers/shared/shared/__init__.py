"""What both functions import, to see that a layer is on their path."""

WORD = "shared"
