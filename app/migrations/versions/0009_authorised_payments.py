"""Payments that are authorised: the amount is set aside, and somebody must still take it.

Revision ID: 0009
Revises: 0008
Create Date: 2026-11-29
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OPEN = "'pending', 'refunding'"
OPEN_TOO = "'pending', 'authorised', 'refunding'"
CLOSED = "'captured', 'declined', 'refunded'"


def upgrade() -> None:
    """Allow the state, and hold such payments in the index of those that somebody must still look at."""
    know(OPEN_TOO)


def downgrade() -> None:
    """Let payments that are authorised be pending again: their authorisation has a key, and is found done."""
    op.execute("UPDATE payments SET status = 'pending' WHERE status = 'authorised'")
    know(OPEN)


def know(still_open: str) -> None:
    """Have these states, and those at the end of a payment."""
    op.execute("ALTER TABLE payments DROP CONSTRAINT payments_status_check")
    op.execute(f"ALTER TABLE payments ADD CHECK (status IN ({still_open}, {CLOSED}))")
    op.execute("DROP INDEX payments_open")
    op.execute(f"CREATE INDEX payments_open ON payments (tried_at) WHERE status IN ({still_open})")
