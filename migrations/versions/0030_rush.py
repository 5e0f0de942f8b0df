"""orders: why an order is a rush order, who said so, and the rules of each organization

A new table, two columns without a rewrite, two indexes. On a table of millions create the indexes
by hand before, with CONCURRENTLY and the same names; they are then left as they are.

Revision: 0030
Previous: 0029
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

THIS_ORGANIZATION = (
    "organization_id = nullif(current_setting('app.organization_id', true), '')::uuid"
)
FIRST, OPEN = "ix_orders_rush_first", "ix_orders_rush_open"


def upgrade() -> None:
    op.add_column(
        "orders", sa.Column("rush_by", sa.String(length=300), server_default="", nullable=False)
    )
    op.add_column("orders", sa.Column("rush_choice", sa.Boolean(), nullable=True))
    columns = ["organization_id", "is_rush", "placed_at", "id"]
    op.create_index(FIRST, "orders", columns, if_not_exists=True)
    op.create_index(
        OPEN,
        "orders",
        ["organization_id", "state"],
        postgresql_where=sa.text("is_rush"),
        if_not_exists=True,
    )
    op.create_table(
        "rush_tables",
        sa.Column("rules", JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_rush_tables_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_rush_tables")),
    )
    op.create_index(
        op.f("ix_rush_tables_organization_id"), "rush_tables", ["organization_id"], unique=False
    )
    op.execute("ALTER TABLE rush_tables ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY tenant ON rush_tables USING ({THIS_ORGANIZATION})"
        f" WITH CHECK ({THIS_ORGANIZATION})"
    )


def downgrade() -> None:
    op.drop_table("rush_tables")
    for name in (OPEN, FIRST):
        op.drop_index(name, "orders")
    op.drop_column("orders", "rush_choice")
    op.drop_column("orders", "rush_by")
