"""returns: goods on their way back, what refunds say of the shelf, numbers of orders entered here

New tables, and columns with constant defaults. What came back so far came back by refunds; the
update touches only lines with returned units.

Revision: 0027
Previous: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

TABLES = (
    "returns",
    "return_lines",
    "order_counters",
    "buyer_letters",
    "letter_channels",
    "order_mails",
)
THIS_ORGANIZATION = (
    "organization_id = nullif(current_setting('app.organization_id', true), '')::uuid"
)
COUNTED = ("expected", "restocked", "written_off", "sent_back")


def upgrade() -> None:
    op.add_column(
        "order_lines", sa.Column("refund_back", sa.Integer(), server_default="0", nullable=False)
    )
    op.execute("UPDATE order_lines SET refund_back = returned WHERE returned > 0")
    op.create_check_constraint(
        op.f("ck_order_lines_refund_back"), "order_lines", "refund_back >= 0"
    )
    _create_returns()
    _create_return_lines()
    _extend_refunds()
    _create_order_counters()
    _create_letters()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON {table} USING ({THIS_ORGANIZATION})"
            f" WITH CHECK ({THIS_ORGANIZATION})"
        )


def _create_returns() -> None:
    op.create_table(
        "returns",
        sa.Column("order_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("note", sa.String(length=500), server_default="", nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("location_id", sa.UUID(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["location_id"], ["locations.id"], name=op.f("fk_returns_location_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_returns_order_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_returns_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returns")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_returns_order_id_position")),
    )
    op.create_index(
        op.f("ix_returns_organization_id"), "returns", ["organization_id"], unique=False
    )


def _create_return_lines() -> None:
    op.create_table(
        "return_lines",
        sa.Column("return_id", sa.UUID(), nullable=False),
        sa.Column("line_id", sa.UUID(), nullable=False),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in COUNTED),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            f"least({', '.join(COUNTED)}) >= 0", name=op.f("ck_return_lines_figures")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"],
            ["order_lines.id"],
            name=op.f("fk_return_lines_line_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_return_lines_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["return_id"],
            ["returns.id"],
            name=op.f("fk_return_lines_return_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("return_id", "line_id", name=op.f("pk_return_lines")),
    )
    op.create_index("ix_return_lines_line", "return_lines", ["line_id"], unique=False)
    op.create_index(
        op.f("ix_return_lines_organization_id"), "return_lines", ["organization_id"], unique=False
    )


def _extend_refunds() -> None:
    op.add_column(
        "refunds", sa.Column("shipping_minor", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "refunds", sa.Column("note", sa.String(length=500), server_default="", nullable=False)
    )
    op.add_column("refunds", sa.Column("return_id", sa.UUID(), nullable=True))
    op.create_foreign_key(
        op.f("fk_refunds_return_id"),
        "refunds",
        "returns",
        ["return_id"],
        ["id"],
        ondelete="SET NULL",
    )


def _create_order_counters() -> None:
    op.create_table(
        "order_counters",
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_order_counters_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_order_counters")),
    )
    op.create_index(
        op.f("ix_order_counters_organization_id"),
        "order_counters",
        ["organization_id"],
        unique=False,
    )


def _owner(table: str) -> tuple[sa.Column, sa.ForeignKeyConstraint]:
    return (
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f(f"fk_{table}_organization_id"),
            ondelete="CASCADE",
        ),
    )


def _create_letters() -> None:
    op.create_table(
        "buyer_letters",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.String(length=5000), nullable=False),
        sa.Column("is_on", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        *_owner("buyer_letters"),
        sa.PrimaryKeyConstraint("organization_id", "kind", name=op.f("pk_buyer_letters")),
    )
    op.create_table(
        "letter_channels",
        sa.Column("connection_id", sa.UUID(), nullable=False),
        *_owner("letter_channels"),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_letter_channels_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_letter_channels")),
    )
    op.create_table(
        "order_mails",
        sa.Column("order_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        *_owner("order_mails"),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_mails_order_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_mails")),
        sa.UniqueConstraint(
            "order_id", "kind", "subject_id", name=op.f("uq_order_mails_order_id_kind_subject_id")
        ),
    )
    for table in ("buyer_letters", "letter_channels", "order_mails"):
        op.create_index(
            op.f(f"ix_{table}_organization_id"), table, ["organization_id"], unique=False
        )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_refunds_return_id"), "refunds", type_="foreignkey")
    for name in ("return_id", "note", "shipping_minor"):
        op.drop_column("refunds", name)
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_constraint(op.f("ck_order_lines_refund_back"), "order_lines", type_="check")
    op.drop_column("order_lines", "refund_back")
