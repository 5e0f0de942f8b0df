"""postings: the organization is proved by the level alone, and one index less is written

Nothing is rewritten; the locks are brief.

Revision: 0033
Previous: 0030
"""

from alembic import op

revision = "0033"
down_revision = "0030"
branch_labels = None
depends_on = None

KEY, INDEX = "fk_inventory_postings_organization_id", "ix_inventory_postings_organization_id"


def upgrade() -> None:
    op.drop_constraint(KEY, "inventory_postings", type_="foreignkey")
    op.drop_index(INDEX, "inventory_postings")


def downgrade() -> None:
    op.create_index(INDEX, "inventory_postings", ["organization_id"])
    op.create_foreign_key(
        KEY,
        "inventory_postings",
        "organizations",
        ["organization_id"],
        ["id"],
        ondelete="CASCADE",
    )
