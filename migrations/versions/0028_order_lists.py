"""orders: lists by payment and of rush orders walk an index, the numbers of tabs are counted in one

Three indexes of orders. On a table of millions create them by hand before, with CONCURRENTLY and the
same names; they are then left as they are.

Revision: 0028
Previous: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_orders_payment": ["organization_id", "payment", "placed_at", "id"],
    "ix_orders_counted": ["organization_id", "state", "unmapped"],
}


RUSH = "ix_orders_rush"


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.create_index(name, "orders", columns, if_not_exists=True)
    columns = ["organization_id", "placed_at", "id"]
    op.create_index(
        RUSH, "orders", columns, postgresql_where=sa.text("is_rush"), if_not_exists=True
    )


def downgrade() -> None:
    for name in (*INDEXES, RUSH):
        op.drop_index(name, "orders")
