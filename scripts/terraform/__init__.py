"""The stack as Terraform: what the Pulumi program registers, written as Terraform JSON."""
