"""The agent's end of the socket to its display."""
