"""The wiring, a tier a module: each makes its components and hands them on to the tiers above it."""
