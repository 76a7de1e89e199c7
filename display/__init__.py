"""The screen's process: draws what the agent says and, when it says nothing, the idle loop.

It talks to its own agent alone, over one Unix socket, and has no network. The way of a message: ``link`` receives it,
``scenes`` composes its poster (``text`` sets the words), ``stage`` decides what is visible when, ``panel`` presents it;
``director`` brings them together.
"""
