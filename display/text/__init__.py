"""Words to pixels: shaping, bidirectional text, line breaks and fallback fonts are Pango's work."""
