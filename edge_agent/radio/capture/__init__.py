"""Captures of Bluetooth LE: from the containers that tools write to the advertisements in them.

container (btsnoop, pcap, pcapng) -> packet of a link type -> advertising report. Own readers, because a person who
sends a damaged capture must hear which byte is wrong and keep what came before it: dpkt and python-pcapng (both of
2022, untyped) name no byte, read as many bytes at once as the file claims, and neither knows a Bluetooth packet.
"""
