"""The addresses beside AWS's own that the local AWS and those who ask it must agree on."""

FAULTS = "/_blueprint/faults"
TARGET_HEALTH = "/_blueprint/target-health"
