"""Reports of days.

Revision ID: 0013
Revises: 0012
Create Date: 2026-11-29
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.execute("""
        CREATE TABLE daily_reports (
            day date PRIMARY KEY,
            made_at timestamptz NOT NULL,
            content jsonb NOT NULL
        )
    """)


def downgrade() -> None:
    """Drop it; reports can be made again as long as their orders are kept."""
    op.execute("DROP TABLE daily_reports")
