"""inventory levels: since when people were told that they run low

A column without a default, and two small indexes: nothing is rewritten.

Revision: 0023
Previous: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_inventory_levels_reorder": "reorder_point IS NOT NULL",
    "ix_inventory_levels_kept": "reserved > 0 OR locked > 0",
}


def upgrade() -> None:
    op.add_column("inventory_levels", sa.Column("low_told_at", sa.DateTime(timezone=True)))
    for name, where in INDEXES.items():
        op.create_index(
            name,
            "inventory_levels",
            ["organization_id", "variant_id"],
            postgresql_where=sa.text(where),
        )


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "inventory_levels")
    op.drop_column("inventory_levels", "low_told_at")
