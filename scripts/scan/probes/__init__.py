"""Programs that run in the scanners' environments, and import what is only there."""
