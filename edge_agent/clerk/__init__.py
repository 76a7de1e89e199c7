"""Cards to the tablets of the clerks, and what they answer."""
