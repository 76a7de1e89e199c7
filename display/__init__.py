"""The screen's process: draws what the agent says and, when it says nothing, the idle loop.

It talks to its own agent alone, over one Unix socket, and has no network. The way of a
message: ``link`` receives it, ``posters`` composes it (``layout`` places, ``typeset`` and
``compose`` draw), ``stage`` decides what is visible when, ``window`` presents it.
"""
