"""What the domain needs from the outside, as protocols that adapters and fakes fulfil."""
