"""Payments: money for orders, taken once whatever happens in between."""
