"""Pictures and films that are uploaded.

Revision ID: 0011
Revises: 0010
Create Date: 2026-11-29
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table. What consumers make of an upload is said in the bucket, not here."""
    op.execute("""
        CREATE TABLE media (
            id uuid PRIMARY KEY,
            kind text NOT NULL CHECK (kind IN ('image', 'video')),
            content_type text NOT NULL,
            size bigint NOT NULL CHECK (size > 0),
            sha256 text NOT NULL,
            state text NOT NULL DEFAULT 'awaited' CHECK (state IN ('awaited', 'uploaded')),
            announced_by uuid NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            uploaded_at timestamptz
        )
    """)


def downgrade() -> None:
    """Drop it; the files stay in the bucket."""
    op.execute("DROP TABLE media")
