"""Pictures and films that not everybody sees.

Revision ID: 0015
Revises: 0014
Create Date: 2026-11-30
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Everything so far is for everybody."""
    op.execute("ALTER TABLE media ADD COLUMN is_private boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    """Drop it; where a file lies in the bucket still says who sees it."""
    op.execute("ALTER TABLE media DROP COLUMN is_private")
