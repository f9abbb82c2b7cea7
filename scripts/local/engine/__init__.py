"""The embedded engine: deploys the Pulumi program without the Pulumi CLI."""
