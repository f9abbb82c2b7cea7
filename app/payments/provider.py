"""What the shop needs of whoever moves the money: the port that a provider's adapter fills.

Each call bears a key of the shop's. A provider does what a key stands for once, and answers a repetition as
it answered the first time: so a call can be repeated whose answer was lost.
"""

from typing import Literal, Protocol

from pydantic import SecretStr

Reason = Literal["card_declined", "insufficient_funds"]


class DeclinedError(Exception):
    """The card's bank said no, for good."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class SilentError(Exception):
    """The provider did not answer: it may have done what it was asked for, or not."""


class Provider(Protocol):
    """Amounts are in the currency's minor unit, currencies as of ISO 4217.

    Every call may raise SilentError.
    """

    async def tokenise(self, number: SecretStr) -> str:
        """Return a token for a card, of use to this shop only; the provider keeps the number."""

    async def authorise(self, key: str, card: str, amount_minor: int, currency: str) -> str:
        """Reserve an amount on a card, by its token, and return the charge's id.

        Raises:
            DeclinedError: the bank said no.
        """

    async def capture(self, key: str, charge: str) -> None:
        """Take what a charge has reserved; what was let go stays so."""

    async def refund(self, key: str, charge: str) -> None:
        """Give back what a charge has taken, or let go of what it has only reserved."""
