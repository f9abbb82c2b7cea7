"""Faults that people ask for: `blueprint local fault`. The runtime begins and ends them."""
