"""Products: what the shop sells, how it is found, and how much of it is left."""
