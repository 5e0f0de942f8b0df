"""untold parcels: found without reading every parcel there ever was

One partial index; parcels are few when it is built, so it is built inside the transaction.

Revision: 0022
Previous: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_shipments_untold",
        "shipments",
        ["organization_id", "order_id"],
        postgresql_where=sa.text("told_at IS NULL AND NOT is_cancelled"),
    )


def downgrade() -> None:
    op.drop_index("ix_shipments_untold", table_name="shipments")
