"""The unit's databases: what it was sent (``slice.db``) and what it must not lose (``journal.db``).

Threads: each store holds two connections to its file. The *write* connection belongs to
whichever thread calls the methods that change something, one thread at a time: in the running
agent that is the :class:`~edge_agent.store.worker.Worker`. The *read* connection is for
any thread, one read at a time: the event loop asks for single profiles and products, the worker
for what fills the token index and the outbox. It sees what was last committed and never waits
for a writer, only for another read. Replay and scenarios do both from one thread.
"""
