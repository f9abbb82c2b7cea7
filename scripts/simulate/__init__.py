"""Makes the shop's couriers move, and shows what becomes of their positions."""
