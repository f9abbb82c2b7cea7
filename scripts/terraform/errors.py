"""What a user of the export can mend."""

from scripts.errors import UserError


class ExportError(UserError):
    """A resource cannot be written as Terraform; the message names it and its component."""
