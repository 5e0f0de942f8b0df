"""unpaired items remember whether they still look for their product

Rewrites nothing: the new column has a default. The index covers unpaired items only.

Revision: 0007
Previous: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'unmapped' AND pairing IN ('due', 'looking')")


def upgrade() -> None:
    op.add_column(
        "listings", sa.Column("pairing", sa.String(8), nullable=False, server_default="due")
    )
    op.create_index("ix_listings_pairing", "listings", ["connection_id"], postgresql_where=OPEN)


def downgrade() -> None:
    op.drop_index("ix_listings_pairing", table_name="listings", postgresql_where=OPEN)
    op.drop_column("listings", "pairing")
