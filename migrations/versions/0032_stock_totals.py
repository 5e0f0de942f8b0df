"""inventory, orders: totals per variant to sort stock by, indexes that count and find orders

A table that the task `totals` fills by itself: until it did, lists sorted by a figure add up every
variant, as before. Two columns of levels, the second computed: that writes the table anew, some ten
seconds for a million levels, during which nobody moves stock. On tables of millions create the
indexes of orders and order_lines by hand before, with CONCURRENTLY and the same names; they are
then left as they are.

Revision: 0032
Previous: 0031
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

TABLE = "stock_totals"
IS_SUMMED = (
    "summed_as IS NOT DISTINCT FROM"
    " ARRAY[on_hand, committed, reserved, locked, incoming, is_counted::integer]"
)
FIGURES = ("on_hand", "committed", "kept", "incoming", "available")
THIS_ORGANIZATION = (
    "organization_id = nullif(current_setting('app.organization_id', true), '')::uuid"
)
UNSUMMED, TALLIED, COUNTED = (
    "ix_inventory_levels_unsummed", "ix_orders_tallied", "ix_orders_counted",
)  # fmt: skip
SHORT_LINES, SHORT = "ix_order_lines_short", "ix_stock_totals_short"


def upgrade() -> None:
    _make_totals()
    op.add_column("inventory_levels", sa.Column("summed_as", ARRAY(sa.Integer()), nullable=True))
    op.add_column(
        "inventory_levels",
        sa.Column("is_summed", sa.Boolean(), sa.Computed(IS_SUMMED, persisted=True)),
    )
    op.create_index(
        UNSUMMED,
        "inventory_levels",
        ["organization_id", "variant_id"],
        postgresql_where=sa.text("NOT is_summed"),
    )
    op.create_index(
        TALLIED,
        "orders",
        ["organization_id", "state", "unmapped"],
        postgresql_include=["connection_id", "payment"],
        if_not_exists=True,
    )
    op.drop_index(COUNTED, "orders")
    op.create_index(
        SHORT_LINES,
        "order_lines",
        ["organization_id", "order_id"],
        postgresql_where=sa.text("quantity > shipped + allocated AND needs_stock"),
        if_not_exists=True,
    )


def _make_totals() -> None:
    op.create_table(
        TABLE,
        sa.Column("variant_id", sa.UUID(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in FIGURES),
        sa.Column("is_short", sa.Boolean(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_stock_totals_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["variants.id"],
            name=op.f("fk_stock_totals_variant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("variant_id", name=op.f("pk_stock_totals")),
    )
    op.create_index(op.f("ix_stock_totals_organization_id"), TABLE, ["organization_id"])
    for name in FIGURES:
        op.create_index(f"ix_stock_totals_{name}", TABLE, ["organization_id", name, "variant_id"])
    op.create_index(
        SHORT, TABLE, ["organization_id", "variant_id"], postgresql_where=sa.text("is_short")
    )
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY tenant ON {TABLE} USING ({THIS_ORGANIZATION})"
        f" WITH CHECK ({THIS_ORGANIZATION})"
    )


def downgrade() -> None:
    op.drop_index(SHORT_LINES, "order_lines")
    op.create_index(COUNTED, "orders", ["organization_id", "state", "unmapped"])
    op.drop_index(TALLIED, "orders")
    op.drop_index(UNSUMMED, "inventory_levels")
    op.drop_column("inventory_levels", "is_summed")
    op.drop_column("inventory_levels", "summed_as")
    op.drop_table(TABLE)
