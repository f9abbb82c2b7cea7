"""Carts: what customers are about to buy, changed in two regions at once without losing anything."""
