"""Orders belong to accounts, requests may be repeated, and stock stays reserved until an order is shipped.

Revision ID: 0005
Revises: 0004
Create Date: 2026-11-29
"""

from alembic import op

from app.migrations import fences

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add owners, the table of answers, and what reservations remember."""
    own_orders()
    create_idempotency_keys()
    keep_reservations()


def downgrade() -> None:
    """Take them away.

    Reservations of one database are held for orders that are there: their stock is sold. Those of shards have
    a claim, and the release before settles them as they expire.
    """
    op.execute("DELETE FROM reservations WHERE claim IS NULL")
    op.execute("DROP INDEX reservations_expiry, reservations_claim")
    op.execute("ALTER TABLE reservations DROP COLUMN claim, DROP COLUMN adopted")
    op.execute("DROP TABLE idempotency_keys")
    op.execute("DROP INDEX orders_customer")
    op.execute("ALTER TABLE orders DROP CONSTRAINT orders_status, DROP COLUMN customer_id")


def own_orders() -> None:
    """Orders from before, and from the release before while both run, belong to nobody who can sign in."""
    op.execute("""
        ALTER TABLE orders
        ADD COLUMN customer_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
        ADD CONSTRAINT orders_status CHECK (
            status IN ('placed', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded')
        )
    """)
    op.execute("CREATE INDEX orders_customer ON orders (customer_id, id)")


def create_idempotency_keys() -> None:
    """What requests were answered, on the shard of what they wrote.

    Keys are compared byte by byte, so that they sort alike on every shard. No fence guards deletions: what
    has expired may go wherever it is.
    """
    op.execute("""
        CREATE TABLE idempotency_keys (
            owner uuid NOT NULL,
            key text COLLATE "C" NOT NULL,
            slot smallint NOT NULL,
            fingerprint bytea NOT NULL,
            status smallint NOT NULL,
            location text NOT NULL,
            body text NOT NULL,
            expires_at timestamptz NOT NULL,
            PRIMARY KEY (owner, key)
        )
    """)
    op.execute("CREATE INDEX idempotency_keys_slot ON idempotency_keys (slot)")
    op.execute("CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at)")
    fences.add("idempotency_keys", "INSERT OR UPDATE")


def keep_reservations() -> None:
    """Find those that expired, and those of a request."""
    op.execute("""
        ALTER TABLE reservations
        ADD COLUMN claim uuid, ADD COLUMN adopted boolean NOT NULL DEFAULT false
    """)
    op.execute("CREATE INDEX reservations_expiry ON reservations (expires_at)")
    op.execute("CREATE INDEX reservations_claim ON reservations (claim) WHERE claim IS NOT NULL")
