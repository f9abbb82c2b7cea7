"""The Pulumi program: everything that is deployed."""
