"""What may we say? The right message for this customer now, or a good reason to stay silent."""
