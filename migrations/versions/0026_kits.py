"""kits: what a variant is made of, what a line was promised by; how far a variant sells beyond stock

New tables, one column without a default, and one partial index over lines that none fits yet.

Revision: 0026
Previous: 0025
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

THIS_ORGANIZATION = (
    "organization_id = nullif(current_setting('app.organization_id', true), '')::uuid"
)
TABLES = ("kit_components", "kit_reservations", "selling_terms")


def upgrade() -> None:
    _components()
    _reservations()
    _terms()
    for table in TABLES:
        op.create_index(op.f(f"ix_{table}_organization_id"), table, ["organization_id"])
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON {table} USING ({THIS_ORGANIZATION})"
            f" WITH CHECK ({THIS_ORGANIZATION})"
        )
    op.add_column("order_lines", sa.Column("parts", postgresql.JSONB()))
    op.create_index(
        "ix_order_lines_waiting_sets",
        "order_lines",
        ["organization_id", "order_id"],
        postgresql_where=sa.text(
            "parts IS NOT NULL AND quantity > shipped + allocated AND needs_stock"
        ),
    )


def _components() -> None:
    op.create_table(
        "kit_components",
        sa.Column("kit_id", sa.UUID(), nullable=False),
        sa.Column("component_id", sa.UUID()),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("position", sa.SmallInteger(), server_default="0", nullable=False),
        *_own("kit_components"),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_kit_components_quantity")),
        sa.CheckConstraint("kit_id <> component_id", name=op.f("ck_kit_components_other")),
        sa.ForeignKeyConstraint(
            ["kit_id"], ["variants.id"], name=op.f("fk_kit_components_kit_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["component_id"],
            ["variants.id"],
            name=op.f("fk_kit_components_component_id"),
            ondelete="SET NULL",
        ),
        sa.UniqueConstraint(
            "kit_id", "component_id", name=op.f("uq_kit_components_kit_id_component_id")
        ),
    )
    op.create_index(op.f("ix_kit_components_component_id"), "kit_components", ["component_id"])


def _reservations() -> None:
    op.create_table(
        "kit_reservations",
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("kit_id", sa.UUID(), nullable=False),
        sa.Column("sets", sa.Integer(), nullable=False),
        sa.Column("parts", postgresql.JSONB(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        *_own("kit_reservations"),
        sa.CheckConstraint("sets > 0", name=op.f("ck_kit_reservations_sets")),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_kit_reservations_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["kit_id"], ["variants.id"], name=op.f("fk_kit_reservations_kit_id"), ondelete="CASCADE"
        ),
    )
    op.create_index("ix_kit_reservations_kit", "kit_reservations", ["kit_id", "connection_id"])
    op.create_index(
        "ix_kit_reservations_expiry", "kit_reservations", ["connection_id", "expires_at"]
    )


def _terms() -> None:
    op.create_table(
        "selling_terms",
        sa.Column("variant_id", sa.UUID(), nullable=False),
        sa.Column("backorder_limit", sa.Integer()),
        sa.Column("available_on", sa.Date()),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.CheckConstraint("backorder_limit >= 0", name=op.f("ck_selling_terms_limit")),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["variants.id"],
            name=op.f("fk_selling_terms_variant_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_selling_terms_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("variant_id", name=op.f("pk_selling_terms")),
    )


def _own(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f(f"fk_{table}_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def downgrade() -> None:
    op.drop_index("ix_order_lines_waiting_sets", table_name="order_lines")
    op.drop_column("order_lines", "parts")
    for table in reversed(TABLES):
        op.drop_table(table)
