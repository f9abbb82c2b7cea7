"""The shop: a FastAPI application, one package a domain."""
