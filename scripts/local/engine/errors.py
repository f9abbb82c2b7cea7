"""What goes wrong in a deployment that its user can mend."""

from scripts.errors import UserError


class EngineError(UserError):
    """A stack could not be deployed; the message names the resource or the file, and the remedy."""


class UnhandledPropertyError(Exception):
    """A property that an adapter does not know; the engine says of which resource it is."""
