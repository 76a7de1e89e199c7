"""The composition root: from a configuration to running parts. Nothing else builds a part."""
