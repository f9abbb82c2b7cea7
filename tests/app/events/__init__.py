"""The contract between those who publish events and those who consume them."""
