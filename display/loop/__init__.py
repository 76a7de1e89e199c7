"""The idle loop: what it holds, and what of it is due."""
