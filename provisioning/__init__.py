"""The platform's side: the hub that feeds the stores, and the tools that make units."""
