"""Application load balancers: nginx, configured from listeners, rules and the health of targets."""

from scripts.local.runtime.balancers.controller import Balancers

__all__ = ["Balancers"]
