"""offers: found by the channel's id, which is all that orders and news of stock name

On a table of millions create the index by hand before, with CONCURRENTLY and the same name; it is
then left as it is.

Revision: 0034
Previous: 0033
"""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

INDEX = "ix_offers_external"


def upgrade() -> None:
    op.create_index(INDEX, "offers", ["organization_id", "external_id"], if_not_exists=True)


def downgrade() -> None:
    op.drop_index(INDEX, "offers")
