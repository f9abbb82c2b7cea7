"""`blueprint preview`: what a stack would create, without a cloud, a login or built artifacts."""
