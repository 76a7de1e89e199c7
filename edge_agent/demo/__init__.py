"""The whole product on one machine: hub, broker, display and agent as the processes that production runs."""
