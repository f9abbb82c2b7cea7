"""Couriers: where they are. Positions arrive through a stream; its consumer writes them in bulk."""
