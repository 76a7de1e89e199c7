"""What the units of a store tell each other."""
