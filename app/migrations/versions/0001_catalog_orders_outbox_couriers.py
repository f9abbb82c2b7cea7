"""Catalog, orders, outbox and couriers.

Revision ID: 0001
Revises:
Create Date: 2025-11-24
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the first tables."""
    create_catalog()
    create_orders()
    create_outbox()
    create_couriers()


def downgrade() -> None:
    """Drop them, the newest first."""
    for table in ("courier_latest", "courier_positions", "outbox", "order_lines", "orders", "products"):
        op.execute(f"DROP TABLE {table}")


def create_catalog() -> None:
    """Products with their stock, which orders update often: the free room keeps the indexes out of that."""
    op.execute("""
        CREATE TABLE products (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            sku text NOT NULL UNIQUE,
            name text NOT NULL,
            description text NOT NULL,
            category text NOT NULL,
            price_minor bigint NOT NULL CHECK (price_minor >= 0),
            currency char(3) NOT NULL,
            image_path text NOT NULL,
            stock integer NOT NULL CHECK (stock >= 0),
            created_at timestamptz NOT NULL DEFAULT now(),
            search tsvector NOT NULL GENERATED ALWAYS AS (
                setweight(to_tsvector('english', name), 'A')
                || setweight(to_tsvector('english', category), 'B')
                || setweight(to_tsvector('english', description), 'C')
            ) STORED
        ) WITH (fillfactor = 85)
    """)
    op.execute("CREATE INDEX products_category_id ON products (category, id)")
    op.execute("CREATE INDEX products_search ON products USING gin (search)")


def create_orders() -> None:
    """Orders, and their lines with the price and the name of the moment."""
    op.execute("""
        CREATE TABLE orders (
            id uuid PRIMARY KEY,
            customer_email text NOT NULL,
            status text NOT NULL,
            total_minor bigint NOT NULL CHECK (total_minor >= 0),
            currency char(3) NOT NULL,
            created_at timestamptz NOT NULL
        )
    """)
    op.execute("""
        CREATE TABLE order_lines (
            order_id uuid NOT NULL REFERENCES orders ON DELETE CASCADE,
            line_no integer NOT NULL,
            product_id bigint NOT NULL,
            product_name text NOT NULL,
            quantity integer NOT NULL CHECK (quantity > 0),
            unit_price_minor bigint NOT NULL CHECK (unit_price_minor >= 0),
            PRIMARY KEY (order_id, line_no)
        )
    """)


def create_outbox() -> None:
    """Events. The index holds only those that wait, so that a look at it stays cheap."""
    op.execute("""
        CREATE TABLE outbox (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            event_id uuid NOT NULL UNIQUE,
            type text NOT NULL,
            aggregate_id text NOT NULL,
            payload jsonb NOT NULL,
            occurred_at timestamptz NOT NULL,
            published_at timestamptz
        )
    """)
    op.execute("CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL")


def create_couriers() -> None:
    """All positions, and of each courier the newest."""
    op.execute("""
        CREATE TABLE courier_positions (
            courier_id text NOT NULL,
            recorded_at timestamptz NOT NULL,
            latitude double precision NOT NULL,
            longitude double precision NOT NULL,
            PRIMARY KEY (courier_id, recorded_at)
        )
    """)
    op.execute("""
        CREATE TABLE courier_latest (
            courier_id text PRIMARY KEY,
            recorded_at timestamptz NOT NULL,
            latitude double precision NOT NULL,
            longitude double precision NOT NULL
        )
    """)
