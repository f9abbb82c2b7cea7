"""Orders know who brings them.

Revision ID: 0012
Revises: 0011
Create Date: 2026-11-29
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the courier's id, which is no account's of this database; the release before leaves it empty."""
    op.execute("ALTER TABLE orders ADD COLUMN courier_id text CHECK (courier_id ~ '^[A-Za-z0-9_-]{1,64}$')")


def downgrade() -> None:
    """Take it away."""
    op.execute("ALTER TABLE orders DROP COLUMN courier_id")
