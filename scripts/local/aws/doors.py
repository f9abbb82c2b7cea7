"""The addresses beside AWS's own that the local AWS and those who ask it must agree on."""

DATABASE_ADDRESSES = "/_blueprint/database-addresses"
DATABASE_STORAGE = "/_blueprint/database-storage"
FAULTS = "/_blueprint/faults"
TARGET_HEALTH = "/_blueprint/target-health"
