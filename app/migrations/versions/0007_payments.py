"""Payments, and the ledger of the sandbox that stands in for a provider.

Revision ID: 0007
Revises: 0006
Create Date: 2026-11-29
"""

from alembic import op

from app.migrations import fences

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both tables."""
    create_payments()
    create_sandbox_ledger()


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TABLE sandbox_ledger")
    op.execute("DROP TABLE payments")


def create_payments() -> None:
    """One payment an order that was not declined; an index holds those that somebody must still look at."""
    op.execute("""
        CREATE TABLE payments (
            id uuid PRIMARY KEY,
            order_id uuid NOT NULL,
            status text NOT NULL CHECK (
                status IN ('pending', 'captured', 'declined', 'refunding', 'refunded')
            ),
            amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
            currency char(3) NOT NULL,
            card text NOT NULL,
            card_last_four char(4) NOT NULL,
            charge text,
            decline_reason text,
            created_at timestamptz NOT NULL DEFAULT now(),
            tried_at timestamptz NOT NULL DEFAULT now(),
            slot smallint NOT NULL GENERATED ALWAYS AS (slot_of_id(order_id)) STORED
        )
    """)
    op.execute("CREATE UNIQUE INDEX payments_live ON payments (order_id) WHERE status <> 'declined'")
    op.execute("CREATE INDEX payments_order ON payments (order_id, id)")
    op.execute("CREATE INDEX payments_slot ON payments (slot)")
    op.execute("""
        CREATE INDEX payments_open ON payments (tried_at) WHERE status IN ('pending', 'refunding')
    """)
    fences.add("payments", "INSERT OR UPDATE OR DELETE")


def create_sandbox_ledger() -> None:
    """What the sandbox did, by the key that it was asked with. A real provider has it elsewhere."""
    op.execute("""
        CREATE TABLE sandbox_ledger (
            key text PRIMARY KEY,
            operation text NOT NULL CHECK (operation IN ('authorise', 'capture', 'refund')),
            charge text NOT NULL,
            card text NOT NULL,
            amount_minor bigint NOT NULL,
            currency char(3) NOT NULL,
            outcome text NOT NULL,
            at timestamptz NOT NULL DEFAULT now(),
            UNIQUE (charge, operation)
        )
    """)
