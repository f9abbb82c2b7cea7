"""The components: one pulumi.ComponentResource a file."""
