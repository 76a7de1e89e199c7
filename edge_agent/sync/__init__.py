"""Between the unit and the hub: enrol once, then pull what the store may know and push what happened."""
