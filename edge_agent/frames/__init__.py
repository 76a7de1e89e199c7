"""Beacon formats: from the bytes of an advertisement to frames, and back. Pure."""
