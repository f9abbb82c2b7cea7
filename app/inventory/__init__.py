"""Stock and reservations: what is left of each product, and for which orders the rest was taken."""
