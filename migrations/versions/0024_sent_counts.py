"""sent counts: stock on its way to a channel, written down before it leaves

One new, empty table: nothing is rewritten.

Revision: 0024
Previous: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

THIS_ORGANIZATION = (
    "organization_id = nullif(current_setting('app.organization_id', true), '')::uuid"
)


def upgrade() -> None:
    op.create_table(
        "sent_counts",
        sa.Column("listing_id", sa.UUID(), nullable=False),
        sa.Column("variant_id", sa.UUID(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_read", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listings.id"],
            name=op.f("fk_sent_counts_listing_id_listings"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["variants.id"],
            name=op.f("fk_sent_counts_variant_id_variants"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_sent_counts_organization_id_organizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("listing_id", "variant_id", name=op.f("pk_sent_counts")),
    )
    op.create_index("ix_sent_counts_organization_id", "sent_counts", ["organization_id"])
    op.create_index("ix_sent_counts_variant_id", "sent_counts", ["variant_id"])
    op.execute("ALTER TABLE sent_counts ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY tenant ON sent_counts USING ({THIS_ORGANIZATION})"
        f" WITH CHECK ({THIS_ORGANIZATION})"
    )


def downgrade() -> None:
    op.drop_table("sent_counts")
