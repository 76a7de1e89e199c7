"""The unit's own web server: the clerk's page, the way to the broker, metrics, and the demo's live view."""
