"""Films that are uploaded in parts.

Revision ID: 0014
Revises: 0013
Create Date: 2026-11-29
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what S3 calls such an upload, and the checksum of each part, in order.

    The checksum of the whole, `sha256`, is then that of the parts' checksums, as S3 has it. Few are awaited
    at a time: by the index, an upload that goes on is found, and those that nobody goes on with.
    """
    op.execute("""
        ALTER TABLE media
            ADD COLUMN upload_id text,
            ADD COLUMN part_sha256 text[],
            ADD CONSTRAINT media_has_parts CHECK ((upload_id IS NULL) = (part_sha256 IS NULL))
    """)
    op.execute("CREATE INDEX media_awaited ON media (created_at) WHERE state = 'awaited'")


def downgrade() -> None:
    """Drop them: who uploads in parts has to begin anew."""
    op.execute("DELETE FROM media WHERE state = 'awaited' AND upload_id IS NOT NULL")
    op.execute("DROP INDEX media_awaited")
    op.execute("ALTER TABLE media DROP COLUMN upload_id, DROP COLUMN part_sha256")
