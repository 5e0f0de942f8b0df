"""untold parcels: cancelled ones are among them, until their channel heard that they did not leave

The index is small, it holds what is owed at the moment; it is built inside the transaction.

Revision: 0036
Previous: 0035
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

INDEX = "ix_shipments_untold"
COLUMNS = ["organization_id", "order_id"]


def upgrade() -> None:
    op.drop_index(INDEX, table_name="shipments")
    op.create_index(INDEX, "shipments", COLUMNS, postgresql_where=sa.text("told_at IS NULL"))


def downgrade() -> None:
    op.drop_index(INDEX, table_name="shipments")
    where = sa.text("told_at IS NULL AND NOT is_cancelled")
    op.create_index(INDEX, "shipments", COLUMNS, postgresql_where=where)
