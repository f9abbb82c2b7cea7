"""Editing products: versions for those who edit at once, and similar words where the server knows them.

Revision ID: 0006
Revises: 0005
Create Date: 2026-11-29
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Count a product's edits: not its sales, which would make every edit meet another."""
    op.execute("ALTER TABLE products ADD COLUMN version bigint NOT NULL DEFAULT 1")
    op.execute("""
        DO $$ BEGIN
            IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
                CREATE EXTENSION IF NOT EXISTS pg_trgm;
                CREATE INDEX products_similar ON products USING gin (name gin_trgm_ops);
            END IF;
        END $$
    """)


def downgrade() -> None:
    """Take both away; the extension stays, since others may use it by now."""
    op.execute("DROP INDEX IF EXISTS products_similar")
    op.execute("ALTER TABLE products DROP COLUMN version")
