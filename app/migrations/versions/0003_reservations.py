"""Reservations: stock that was taken for an order of another shard, until the order is there or is not.

Revision ID: 0003
Revises: 0002
Create Date: 2026-11-29
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table. It stands beside the products, and holds what is at work at the moment."""
    op.execute("""
        CREATE TABLE reservations (
            order_id uuid NOT NULL,
            product_id bigint NOT NULL REFERENCES products,
            quantity integer NOT NULL CHECK (quantity > 0),
            expires_at timestamptz NOT NULL,
            PRIMARY KEY (order_id, product_id)
        )
    """)


def downgrade() -> None:
    """Drop it; what was reserved goes back into the stock, as if it had expired."""
    op.execute("""
        UPDATE products SET stock = stock + reserved.quantity
        FROM (SELECT product_id, sum(quantity) AS quantity FROM reservations GROUP BY 1) AS reserved
        WHERE products.id = reserved.product_id
    """)
    op.execute("DROP TABLE reservations")
