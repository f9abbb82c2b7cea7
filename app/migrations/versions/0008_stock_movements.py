"""The ledger of stock movements, which a consumer of the orders' events keeps beside the products.

Revision ID: 0008
Revises: 0007
Create Date: 2026-11-29
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table. Its key makes an event that is delivered again change nothing.

    No reference to the products: what was sold stays in the books when a product is gone.
    """
    op.execute("""
        CREATE TABLE stock_movements (
            event_id uuid NOT NULL,
            product_id bigint NOT NULL,
            order_id uuid NOT NULL,
            quantity bigint NOT NULL,
            kind text NOT NULL,
            occurred_at timestamptz NOT NULL,
            booked_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (event_id, product_id),
            CHECK ((kind = 'sold' AND quantity < 0) OR (kind = 'returned' AND quantity > 0))
        )
    """)
    op.execute("CREATE INDEX stock_movements_order ON stock_movements (order_id)")
    op.execute("CREATE INDEX stock_movements_product ON stock_movements (product_id, occurred_at)")


def downgrade() -> None:
    """Drop it; the events that it was made of are in the bus's archive."""
    op.execute("DROP TABLE stock_movements")
