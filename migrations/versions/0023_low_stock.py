"""inventory levels: since when people were told that they run low

A column without a default: nothing is rewritten.

Revision: 0023
Previous: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inventory_levels", sa.Column("low_told_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("inventory_levels", "low_told_at")
