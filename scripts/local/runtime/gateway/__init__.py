"""HTTP APIs of API Gateway as servers on this machine."""

from scripts.local.runtime.gateway.controller import Gateways

__all__ = ["Gateways"]
