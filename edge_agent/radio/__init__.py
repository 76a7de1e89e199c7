"""What hears advertisements: BlueZ, and captures."""
