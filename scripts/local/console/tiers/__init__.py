"""A reader a tier: what is deployed there, from the AWS APIs."""
