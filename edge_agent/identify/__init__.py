"""Who is it? From the token in a frame to a customer, in constant time."""
