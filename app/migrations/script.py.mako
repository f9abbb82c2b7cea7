"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}
"""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """Apply the step. The release before it goes on running meanwhile: only add what it can ignore."""
    op.execute("")


def downgrade() -> None:
    """Take the step back."""
    op.execute("")
