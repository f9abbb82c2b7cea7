"""What the domains of the shop share: database, cache, events, settings, errors."""
