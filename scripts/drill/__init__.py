"""Drills: faults on purpose, while the shop works, and a look at what became of its promises."""
