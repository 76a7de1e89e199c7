"""The unit's databases: what it was sent (``slice.db``) and what it must not lose (``journal.db``).

Threads: each store holds two connections to its file. The *write* connection belongs to
whichever thread calls the methods that change something, one thread at a time: in the running
agent that is the :class:`~edge_agent.store.worker.Worker`. The *read* connection belongs to
the thread that asks, which in the running agent is the event loop's; it sees what was last
committed and never waits for a writer. Replay and scenarios do both from one thread.
"""
