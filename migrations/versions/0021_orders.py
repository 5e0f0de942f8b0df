"""orders: header, lines, promises, parcels, refunds, and what happened when

New tables, and two columns of offers with constant defaults: nothing is rewritten.

Revision: 0021
Previous: 0020
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLES = (
    "orders",
    "order_lines",
    "order_allocations",
    "shipments",
    "shipment_lines",
    "refunds",
    "order_events",
    "order_terms",
)
THIS_ORGANIZATION = (
    "organization_id = nullif(current_setting('app.organization_id', true), '')::uuid"
)


def upgrade() -> None:
    op.add_column("offers", sa.Column("rise_at", sa.DateTime(timezone=True)))
    op.add_column(
        "offers",
        sa.Column("rise_is_read", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_table(
        "orders",
        sa.Column("connection_id", sa.UUID(), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("external_number", sa.String(length=100), server_default="", nullable=False),
        sa.Column("number", sa.String(length=120), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("payment", sa.String(length=20), nullable=False),
        sa.Column("channel_status", sa.String(length=60), server_default="", nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("remote_modified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("items_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("shipping_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fees_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("total_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("includes_tax", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("personal", sa.LargeBinary(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ship_country", sa.String(length=2), server_default="", nullable=False),
        sa.Column("shipping_method", sa.String(length=100), server_default="", nullable=False),
        sa.Column("note", sa.String(length=2000), server_default="", nullable=False),
        sa.Column(
            "tags", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column("risk", sa.String(length=10), server_default="", nullable=False),
        sa.Column("is_rush", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_test", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_held_there", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_held_here", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_done_there", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("hold_reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column(
            "cancelling",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("unmapped", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("units", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_orders_connection_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_orders_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint(
            "organization_id", "number", name=op.f("uq_orders_organization_id_number")
        ),
    )
    op.create_index(
        "ix_orders_connection",
        "orders",
        ["organization_id", "connection_id", "placed_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_orders_organization_id"), "orders", ["organization_id"], unique=False)
    op.create_index(
        "ix_orders_recent", "orders", ["organization_id", "placed_at", "id"], unique=False
    )
    op.create_index(
        "ix_orders_state", "orders", ["organization_id", "state", "placed_at", "id"], unique=False
    )
    op.create_index(
        "ix_orders_unmapped",
        "orders",
        ["organization_id", "placed_at", "id"],
        unique=False,
        postgresql_where=sa.text("unmapped > 0"),
    )
    op.create_index(
        "uq_orders_external",
        "orders",
        ["connection_id", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_table(
        "order_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("sentence", sa.String(length=500), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_events_order_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_order_events_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_events")),
        info={"append_only": True},
    )
    op.create_index("ix_order_events_order", "order_events", ["order_id", "id"], unique=False)
    op.create_index(
        op.f("ix_order_events_organization_id"), "order_events", ["organization_id"], unique=False
    )
    op.create_table(
        "order_terms",
        sa.Column("order_id", sa.UUID(), nullable=False),
        sa.Column("term", sa.String(length=120, collation="C"), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_terms_order_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_order_terms_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("order_id", "term", name=op.f("pk_order_terms")),
    )
    op.create_index(
        op.f("ix_order_terms_organization_id"), "order_terms", ["organization_id"], unique=False
    )
    op.create_index(
        "ix_order_terms_term", "order_terms", ["organization_id", "term", "order_id"], unique=False
    )
    op.create_table(
        "refunds",
        sa.Column("order_id", sa.UUID(), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("restocks", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "lines", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_refunds_order_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_refunds_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint(
            "order_id", "external_id", name=op.f("uq_refunds_order_id_external_id")
        ),
    )
    op.create_index("ix_refunds_order", "refunds", ["order_id"], unique=False)
    op.create_index(
        op.f("ix_refunds_organization_id"), "refunds", ["organization_id"], unique=False
    )
    op.create_table(
        "shipments",
        sa.Column("order_id", sa.UUID(), nullable=False),
        sa.Column("location_id", sa.UUID(), nullable=True),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("carrier", sa.String(length=60), server_default="", nullable=False),
        sa.Column("tracking_number", sa.String(length=100), server_default="", nullable=False),
        sa.Column("tracking_url", sa.String(length=500), server_default="", nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("notifies", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_cancelled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["location_id"], ["locations.id"], name=op.f("fk_shipments_location_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_shipments_order_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_shipments_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipments")),
        sa.UniqueConstraint(
            "order_id", "external_id", name=op.f("uq_shipments_order_id_external_id")
        ),
    )
    op.create_index("ix_shipments_order", "shipments", ["order_id"], unique=False)
    op.create_index(
        op.f("ix_shipments_organization_id"), "shipments", ["organization_id"], unique=False
    )
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("variant_id", sa.UUID(), nullable=True),
        sa.Column("product_external_id", sa.String(length=255), nullable=True),
        sa.Column("variant_external_id", sa.String(length=255), nullable=True),
        sa.Column("sku", sa.String(length=255), server_default="", nullable=False),
        sa.Column("title", sa.String(length=500), server_default="", nullable=False),
        sa.Column("options", sa.String(length=255), server_default="", nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("ordered", sa.Integer(), nullable=False),
        sa.Column("shipped", sa.Integer(), server_default="0", nullable=False),
        sa.Column("returned", sa.Integer(), server_default="0", nullable=False),
        sa.Column("allocated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("taken", sa.Integer(), server_default="0", nullable=False),
        sa.Column("needs_stock", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("unit_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("total_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "least(quantity, ordered, shipped, returned, allocated, taken) >= 0",
            name=op.f("ck_order_lines_figures"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_order_lines_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["variants.id"],
            name=op.f("fk_order_lines_variant_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_lines")),
    )
    op.create_index("ix_order_lines_order", "order_lines", ["order_id", "position"], unique=False)
    op.create_index(
        op.f("ix_order_lines_organization_id"), "order_lines", ["organization_id"], unique=False
    )
    op.create_index(
        "ix_order_lines_unmapped",
        "order_lines",
        ["organization_id", "sku"],
        unique=False,
        postgresql_where=sa.text("variant_id IS NULL AND needs_stock"),
    )
    op.create_index("ix_order_lines_variant", "order_lines", ["variant_id"], unique=False)
    op.create_index(
        "ix_order_lines_waiting",
        "order_lines",
        ["variant_id", "order_id"],
        unique=False,
        postgresql_where=sa.text("quantity > shipped + allocated AND needs_stock"),
    )
    op.create_table(
        "order_allocations",
        sa.Column("line_id", sa.UUID(), nullable=False),
        sa.Column("level_id", sa.UUID(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_allocations_quantity")),
        sa.ForeignKeyConstraint(
            ["level_id"], ["inventory_levels.id"], name=op.f("fk_order_allocations_level_id")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"],
            ["order_lines.id"],
            name=op.f("fk_order_allocations_line_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_order_allocations_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("line_id", "level_id", name=op.f("pk_order_allocations")),
    )
    op.create_index("ix_order_allocations_level", "order_allocations", ["level_id"], unique=False)
    op.create_index(
        op.f("ix_order_allocations_organization_id"),
        "order_allocations",
        ["organization_id"],
        unique=False,
    )
    op.create_table(
        "shipment_lines",
        sa.Column("shipment_id", sa.UUID(), nullable=False),
        sa.Column("line_id", sa.UUID(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["line_id"],
            ["order_lines.id"],
            name=op.f("fk_shipment_lines_line_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_shipment_lines_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"],
            ["shipments.id"],
            name=op.f("fk_shipment_lines_shipment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("shipment_id", "line_id", name=op.f("pk_shipment_lines")),
    )
    op.create_index(
        op.f("ix_shipment_lines_organization_id"),
        "shipment_lines",
        ["organization_id"],
        unique=False,
    )
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON {table} USING ({THIS_ORGANIZATION})"
            f" WITH CHECK ({THIS_ORGANIZATION})"
        )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("offers", "rise_is_read")
    op.drop_column("offers", "rise_at")
