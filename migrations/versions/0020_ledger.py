"""levels keep what is reserved, locked and on its way; postings say so; locations are told apart

Adds columns with constant defaults, and makes PostgreSQL compute `available` anew: that rewrites the
table of levels once, under an exclusive lock (about a second per million levels).

Revision: 0020
Previous: 0015
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0015"
branch_labels = None
depends_on = None

THIS_ORGANIZATION = (
    "organization_id = nullif(current_setting('app.organization_id', true), '')::uuid"
)
BUCKETS = ("reserved", "locked", "incoming")
ZERO = {"server_default": "0", "nullable": False}


def available(expression: str) -> None:
    op.drop_column("inventory_levels", "available")
    computed = sa.Computed(expression, persisted=True)
    op.add_column("inventory_levels", sa.Column("available", sa.Integer, computed, nullable=False))


def upgrade() -> None:
    for name in BUCKETS:
        op.add_column("inventory_levels", sa.Column(name, sa.Integer(), **ZERO))
    for name in ("committed", *BUCKETS):
        op.add_column("inventory_postings", sa.Column(name, sa.Integer(), **ZERO))
    op.add_column("inventory_postings", sa.Column("note", sa.String(200)))
    op.create_index(
        "ix_inventory_postings_reference",
        "inventory_postings",
        ["organization_id", "reference"],
        postgresql_where=sa.text("reference IS NOT NULL"),
    )
    op.add_column(
        "inventory_levels",
        sa.Column("allows_negative", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("inventory_levels", sa.Column("reorder_point", sa.Integer()))
    op.add_column("inventory_levels", sa.Column("reorder_quantity", sa.Integer()))
    available("on_hand - committed - reserved - locked")
    op.execute("UPDATE inventory_levels SET allows_negative = true WHERE on_hand < 0")
    op.create_check_constraint(
        op.f("ck_inventory_levels_on_hand"), "inventory_levels", "on_hand >= 0 OR allows_negative"
    )
    op.create_check_constraint(
        op.f("ck_inventory_levels_buckets"),
        "inventory_levels",
        "least(committed, reserved, locked, incoming) >= 0",
    )
    _locations()
    _reservations()


def _locations() -> None:
    for column in (
        sa.Column("kind", sa.String(12), server_default="warehouse", nullable=False),
        sa.Column("address", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("zone", sa.String(64)),
        sa.Column("rank", sa.SmallInteger(), **ZERO),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
    ):
        op.add_column("locations", column)


def _reservations() -> None:
    op.create_table(
        "reservations",
        sa.Column("level_id", sa.UUID(), nullable=False),
        sa.Column("connection_id", sa.UUID()),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(200), server_default="", nullable=False),
        sa.Column("user_id", sa.UUID()),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_reservations_quantity")),
        *(
            sa.ForeignKeyConstraint(
                [f"{name}_id"],
                [f"{table}.id"],
                name=op.f(f"fk_reservations_{name}_id"),
                ondelete="CASCADE",
            )
            for name, table in (
                ("level", "inventory_levels"),
                ("connection", "connections"),
                ("organization", "organizations"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservations")),
    )
    op.create_index(
        "uq_reservations_seen",
        "reservations",
        ["connection_id", "level_id"],
        unique=True,
        postgresql_where=sa.text("connection_id IS NOT NULL"),
    )
    op.create_index("ix_reservations_expiry", "reservations", ["organization_id", "expires_at"])
    op.create_index(op.f("ix_reservations_organization_id"), "reservations", ["organization_id"])
    op.execute("ALTER TABLE reservations ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY tenant ON reservations USING ({THIS_ORGANIZATION})"
        f" WITH CHECK ({THIS_ORGANIZATION})"
    )


def downgrade() -> None:
    op.drop_table("reservations")
    for name in ("version", "is_active", "rank", "zone", "address", "kind"):
        op.drop_column("locations", name)
    op.drop_constraint(op.f("ck_inventory_levels_buckets"), "inventory_levels")
    op.drop_constraint(op.f("ck_inventory_levels_on_hand"), "inventory_levels")
    available("on_hand - committed")
    for name in ("reorder_quantity", "reorder_point", "allows_negative", *BUCKETS):
        op.drop_column("inventory_levels", name)
    op.drop_index("ix_inventory_postings_reference", "inventory_postings")
    for name in ("note", *BUCKETS, "committed"):
        op.drop_column("inventory_postings", name)
