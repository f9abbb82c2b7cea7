"""What can be wrong with an upload."""


class UnusableError(Exception):
    """It cannot be made into what is shown, now or later; the message says why, to who uploaded it."""


class OutOfTimeError(Exception):
    """It could not be finished in the time that was given."""
