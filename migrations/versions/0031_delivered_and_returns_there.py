"""orders: what carriers say of parcels, and returns that were opened on a channel

Columns that are empty or have a constant default, one partial index that holds nothing yet, and a
constraint over a column that is empty everywhere.

Revision: 0031
Previous: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

STUCK = "ix_shipments_stuck"
THEIRS = "uq_returns_order_id_external_id"
MOMENTS = ("in_transit_at", "delivered_at", "expected_at")


def upgrade() -> None:
    op.add_column("shipments", sa.Column("journey", sa.String(length=20), nullable=True))
    op.add_column(
        "shipments", sa.Column("said", sa.String(length=200), server_default="", nullable=False)
    )
    for name in MOMENTS:
        op.add_column("shipments", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        STUCK,
        "shipments",
        ["organization_id", "order_id"],
        postgresql_where=sa.text("journey IN ('attempted', 'failed')"),
        if_not_exists=True,
    )
    op.add_column("returns", sa.Column("external_id", sa.String(length=255), nullable=True))
    op.add_column(
        "returns",
        sa.Column("channel_status", sa.String(length=20), server_default="", nullable=False),
    )
    op.create_unique_constraint(op.f(THEIRS), "returns", ["order_id", "external_id"])


def downgrade() -> None:
    op.drop_constraint(op.f(THEIRS), "returns", type_="unique")
    for name in ("channel_status", "external_id"):
        op.drop_column("returns", name)
    op.drop_index(STUCK, "shipments", if_exists=True)
    for name in (*reversed(MOMENTS), "said", "journey"):
        op.drop_column("shipments", name)
