"""The local control socket: what the running agent tells the commands of the person who stands before it."""
