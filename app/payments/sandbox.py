"""A provider that moves no money: what it does is decided by the card's number, and stands in its ledger.

As far as the shop is concerned it is another company: it takes part in none of the shop's transactions. What
it did is committed in its own, whether its answer arrives or not.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple, cast

from pydantic import SecretStr

from app.payments.provider import DeclinedError, Reason, SilentError
from app.platform.database import Database, WriteSession
from app.platform.problems import UnavailableError

CARDS: Mapping[str, str] = {
    "4000000000000002": "declined",
    "4000000000009995": "poor",  # in funds
    "4000000000000119": "silent",  # it is charged, and the answer is lost
    "4000000000003220": "slow",  # it is charged, and the answer takes its time
}
"""How cards behave, by their numbers; all others are good."""

REASONS: Mapping[str, Reason] = {"declined": "card_declined", "poor": "insufficient_funds"}
SLOW = 2.0  # seconds


class Authorisation(NamedTuple):
    """What was reserved; `outcome` is "done" or the reason why not."""

    charge: str
    card: str
    amount_minor: int
    currency: str
    outcome: str


class Sandbox:
    """A `Provider` whose ledger is a table."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    async def tokenise(self, number: SecretStr) -> str:
        """Return a token that says how the card behaves, and nothing of its number."""
        return f"{CARDS.get(number.get_secret_value(), 'good')}-{secrets.token_hex(8)}"

    async def authorise(self, key: str, card: str, amount_minor: int, currency: str) -> str:
        """Reserve an amount, unless the card says no."""
        outcome = REASONS.get(_behaviour(card), "done")
        wanted = Authorisation(f"charge-{secrets.token_hex(8)}", card, amount_minor, currency, outcome)
        async with self._committed() as session:
            noted = wanted if await _note(session, key, "authorise", wanted) else await _noted(session, key)
        if noted.outcome != "done":
            raise DeclinedError(cast("Reason", noted.outcome))
        return noted.charge

    async def capture(self, key: str, charge: str) -> None:
        """Take what was reserved and was not let go. Only the first answer is slow, or lost."""
        async with self._committed() as session:
            authorised = await _locked(session, charge)
            refund = await session.row(
                "SELECT FROM sandbox_ledger WHERE charge = $1 AND operation = 'refund'", charge
            )
            is_new = refund is None and await _note(session, key, "capture", authorised)
        behaviour = _behaviour(authorised.card) if is_new else "good"
        if behaviour == "slow":
            await asyncio.sleep(SLOW)
        if behaviour == "silent":
            raise SilentError("the answer was lost")

    async def refund(self, key: str, charge: str) -> None:
        """Give back, or let go."""
        async with self._committed() as session:
            await _note(session, key, "refund", await _locked(session, charge))

    @asynccontextmanager
    async def _committed(self) -> AsyncIterator[WriteSession]:
        try:
            async with self._ledger.transaction() as session:
                yield session
        except UnavailableError as error:
            raise SilentError(str(error)) from error


async def _note(session: WriteSession, key: str, operation: str, what: Authorisation) -> bool:
    """Write down what is done for a key; False if it was done before."""
    row = await session.row(
        """
        INSERT INTO sandbox_ledger (key, operation, charge, card, amount_minor, currency, outcome)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (key) DO NOTHING RETURNING key
        """,
        key,
        operation,
        *what,
    )
    return row is not None


async def _noted(session: WriteSession, key: str) -> Authorisation:
    row = await session.row(
        "SELECT charge, card, amount_minor, currency, outcome FROM sandbox_ledger WHERE key = $1", key
    )
    return Authorisation(*(row or ()))


async def _locked(session: WriteSession, charge: str) -> Authorisation:
    """Return what was authorised, and let nobody else capture or refund it meanwhile."""
    row = await session.row(
        """
        SELECT charge, card, amount_minor, currency, outcome FROM sandbox_ledger
        WHERE charge = $1 AND operation = 'authorise' FOR NO KEY UPDATE
        """,
        charge,
    )
    if row is None:
        raise LookupError(f"the sandbox has no charge {charge}")
    return Authorisation(*row)


def _behaviour(card: str) -> str:
    return card.partition("-")[0]
