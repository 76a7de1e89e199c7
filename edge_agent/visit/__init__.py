"""One customer's stay in the store: its state, its card, who serves it."""
