"""transfers, counts, told out of stock, and mails once a day

New tables, and columns without a default or with a constant one: nothing is rewritten.

Revision: 0025
Previous: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TABLES = ("transfers", "transfer_lines", "stock_counts", "stock_count_lines")
THIS_ORGANIZATION = (
    "organization_id = nullif(current_setting('app.organization_id', true), '')::uuid"
)
ZERO = {"server_default": "0", "nullable": False}
EMPTY = {"server_default": "", "nullable": False}


def upgrade() -> None:
    op.add_column("inventory_levels", sa.Column("out_told_at", sa.DateTime(timezone=True)))
    op.add_column(
        "notice_preferences",
        sa.Column("is_daily", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("notice_preferences", sa.Column("digest_at", sa.DateTime(timezone=True)))
    _transfers()
    _counts()
    for table in TABLES:
        op.create_index(op.f(f"ix_{table}_organization_id"), table, ["organization_id"])
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON {table} USING ({THIS_ORGANIZATION})"
            f" WITH CHECK ({THIS_ORGANIZATION})"
        )


def _create(table: str, *columns: sa.Column | sa.Constraint, keys: dict[str, str]) -> None:
    """Make a table of rows with an id, owned by an organization; `keys` points to others."""
    cascades = {"organization_id", "variant_id", "transfer_id", "count_id"}
    op.create_table(
        table,
        *columns,
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [f"{to}.id"],
                name=op.f(f"fk_{table}_{column}"),
                ondelete="CASCADE" if column in cascades else None,
            )
            for column, to in {**keys, "organization_id": "organizations"}.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _number(table: str) -> sa.UniqueConstraint:
    name = op.f(f"uq_{table}_organization_id_number")
    return sa.UniqueConstraint("organization_id", "number", name=name)


def _transfers() -> None:
    _create(
        "transfers",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("origin_id", sa.UUID()),
        sa.Column("destination_id", sa.UUID(), nullable=False),
        sa.Column("supplier", sa.String(100), **EMPTY),
        sa.Column("expected_on", sa.Date()),
        sa.Column("note", sa.String(500), **EMPTY),
        sa.Column("state", sa.String(12), server_default="draft", nullable=False),
        sa.Column("user_id", sa.UUID()),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        _number("transfers"),
        keys={"origin_id": "locations", "destination_id": "locations"},
    )
    op.create_index("ix_transfers_newest", "transfers", ["organization_id", "state", "id"])
    for column in ("origin_id", "destination_id"):
        op.create_index(op.f(f"ix_transfers_{column}"), "transfers", [column])
    ends = ("arrived", "missing", "damaged", "turned_back")
    _create(
        "transfer_lines",
        sa.Column("transfer_id", sa.UUID(), nullable=False),
        sa.Column("variant_id", sa.UUID(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), **ZERO) for name in ends),
        sa.Column("reason", sa.String(200), **EMPTY),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_transfer_lines_quantity")),
        sa.CheckConstraint(f"least({', '.join(ends)}) >= 0", name=op.f("ck_transfer_lines_ends")),
        sa.CheckConstraint(f"{' + '.join(ends)} <= quantity", name=op.f("ck_transfer_lines_once")),
        sa.UniqueConstraint(
            "transfer_id", "variant_id", name=op.f("uq_transfer_lines_transfer_id_variant_id")
        ),
        keys={"transfer_id": "transfers", "variant_id": "variants"},
    )
    op.create_index(op.f("ix_transfer_lines_variant_id"), "transfer_lines", ["variant_id"])


def _counts() -> None:
    _create(
        "stock_counts",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.UUID(), nullable=False),
        sa.Column("scope", sa.String(200), **EMPTY),
        sa.Column("note", sa.String(500), **EMPTY),
        sa.Column("state", sa.String(12), server_default="counting", nullable=False),
        sa.Column("user_id", sa.UUID()),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        _number("stock_counts"),
        keys={"location_id": "locations"},
    )
    op.create_index("ix_stock_counts_newest", "stock_counts", ["organization_id", "state", "id"])
    op.create_index(op.f("ix_stock_counts_location_id"), "stock_counts", ["location_id"])
    _create(
        "stock_count_lines",
        sa.Column("count_id", sa.UUID(), nullable=False),
        sa.Column("variant_id", sa.UUID(), nullable=False),
        sa.Column("counted", sa.Integer()),
        sa.Column("expected", sa.Integer()),
        sa.Column("posting_id", sa.BigInteger()),
        sa.Column("has_moved", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("user_id", sa.UUID()),
        sa.Column("counted_at", sa.DateTime(timezone=True)),
        sa.Column("posted", sa.Integer()),
        sa.CheckConstraint("counted >= 0", name=op.f("ck_stock_count_lines_counted")),
        sa.CheckConstraint(
            "(counted IS NULL) = (expected IS NULL)", name=op.f("ck_stock_count_lines_whole")
        ),
        sa.UniqueConstraint(
            "count_id", "variant_id", name=op.f("uq_stock_count_lines_count_id_variant_id")
        ),
        keys={"count_id": "stock_counts", "variant_id": "variants"},
    )
    op.create_index(op.f("ix_stock_count_lines_variant_id"), "stock_count_lines", ["variant_id"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    for column in ("digest_at", "is_daily"):
        op.drop_column("notice_preferences", column)
    op.drop_column("inventory_levels", "out_told_at")
