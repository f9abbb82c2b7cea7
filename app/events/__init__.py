"""What the shop tells others: a class an event, all of them in `catalogue` and docs/reference/events.md."""
