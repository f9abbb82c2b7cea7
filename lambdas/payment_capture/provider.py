"""What this function needs of whoever moves the money, and the sandbox that does so in place of a provider.

It is a part of the shop's own port (`app/payments/provider.py`), with the same keys: whoever calls first with
a key has it done, whoever repeats the call hears that it is done.
"""

import time
from typing import Protocol

from lambdas.database import Database

SLOW = 2.0  # seconds


class SilentError(Exception):
    """The provider did not answer: it may have done what it was asked for, or not."""


class Provider(Protocol):
    """Takes money."""

    def capture(self, key: str, charge: str) -> None:
        """Take what a charge has reserved; what was let go stays so.

        Raises:
            SilentError: it may be done, or not.
        """


# Whoever captures or refunds a charge locks it first: the two exclude each other.
LOCK_CHARGE = """
SELECT card, amount_minor, currency, outcome FROM sandbox_ledger
WHERE charge = :charge AND operation = 'authorise' FOR NO KEY UPDATE
"""
NOTE_CAPTURE = """
INSERT INTO sandbox_ledger (key, operation, charge, card, amount_minor, currency, outcome)
SELECT :key, 'capture', charge, card, amount_minor, currency, outcome FROM sandbox_ledger AS authorised
WHERE charge = :charge AND operation = 'authorise' AND NOT EXISTS (
    SELECT FROM sandbox_ledger AS other WHERE other.charge = authorised.charge AND operation = 'refund'
)
ON CONFLICT (key) DO NOTHING
RETURNING card
"""


class Sandbox:
    """A `Provider` whose ledger is a table, by the rules of the shop's (`app/payments/sandbox.py`).

    As far as the shop is concerned it is another company: it takes part in none of the shop's transactions.
    """

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def capture(self, key: str, charge: str) -> None:
        """Take what was reserved and was not let go. Only the first answer is slow, or lost."""
        with self._ledger.transaction() as run:
            if not run(LOCK_CHARGE, charge=charge):
                raise LookupError(f"the sandbox has no charge {charge}")
            noted = run(NOTE_CAPTURE, key=key, charge=charge)
        behaviour = noted[0][0].partition("-")[0] if noted else "good"
        if behaviour == "slow":
            time.sleep(SLOW)
        if behaviour == "silent":
            raise SilentError("the answer was lost")
