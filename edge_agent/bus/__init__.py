"""The store's broker: the only user of aiomqtt. MQTT 3.1.1, clean sessions.

A broker's acknowledgement is not durability: what matters is published again from the journal.
"""
