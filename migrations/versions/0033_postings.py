"""postings: the organization is proved by the level alone; found by time for reports

Nothing is rewritten. The new index is a small summary of blocks: it reads the table once.

Revision: 0033
Previous: 0032
"""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

KEY, INDEX = "fk_inventory_postings_organization_id", "ix_inventory_postings_organization_id"
BY_TIME = "ix_inventory_postings_at"


def upgrade() -> None:
    op.drop_constraint(KEY, "inventory_postings", type_="foreignkey")
    op.drop_index(INDEX, "inventory_postings")
    op.create_index(BY_TIME, "inventory_postings", ["at"], postgresql_using="brin")


def downgrade() -> None:
    op.drop_index(BY_TIME, "inventory_postings")
    op.create_index(INDEX, "inventory_postings", ["organization_id"])
    op.create_foreign_key(
        KEY,
        "inventory_postings",
        "organizations",
        ["organization_id"],
        ["id"],
        ondelete="CASCADE",
    )
