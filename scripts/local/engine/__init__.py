"""The embedded engine: deploys the Pulumi program into the local AWS, without the Pulumi CLI."""

from scripts.local.engine.deployment import Deployment, deploy
from scripts.local.engine.errors import EngineError

__all__ = ["Deployment", "EngineError", "deploy"]
