"""CloudFront distributions: nginx as a cache in front of buckets and load balancers."""

from scripts.local.runtime.cdns.controller import Cdns

__all__ = ["Cdns"]
