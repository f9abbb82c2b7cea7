"""The error that a user can mend."""


class UserError(Exception):
    """Something that the user caused and can mend.

    Its message names what is wrong, where, what is allowed and the remedy. The command line prints it
    without a traceback and exits with 1. Each package derives its own errors from this one.
    """
