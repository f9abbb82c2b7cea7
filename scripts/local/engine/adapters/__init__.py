"""One small function a resource type, grouped by the module of Pulumi's provider that the type belongs to."""
