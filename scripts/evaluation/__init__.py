"""Evaluates the Pulumi program without a cloud: what it registers is remembered, and nothing is created."""
