"""Terms of leaders, and an index that finds what waits of an aggregate.

Revision ID: 0010
Revises: 0009
Create Date: 2026-11-29
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both. A database is written by one leader of a duty at a time: the one with the highest token."""
    op.execute("""
        CREATE TABLE leader_terms (
            duty text PRIMARY KEY,
            token bigint NOT NULL
        )
    """)
    op.execute("""
        CREATE INDEX outbox_waiting ON outbox (aggregate_id, id) WHERE published_at IS NULL
    """)


def downgrade() -> None:
    """Drop both."""
    op.execute("DROP INDEX outbox_waiting")
    op.execute("DROP TABLE leader_terms")
