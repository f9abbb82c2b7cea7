"""What a user of the verification can mend."""

from scripts.errors import UserError


class VerifyError(UserError):
    """The verification could not be run, which is no verdict about the stack."""
