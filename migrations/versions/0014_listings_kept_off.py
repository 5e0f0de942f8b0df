"""listings a person keeps off their channel

One column without a value for every row: the table is not rewritten. The index holds only what is
kept off, which is nothing yet.

Revision: 0014
Previous: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("listings", sa.Column("kept_off_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_listings_kept_off",
        "listings",
        ["organization_id", "kept_off_at"],
        postgresql_where=sa.text("kept_off_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_listings_kept_off", "listings")
    op.drop_column("listings", "kept_off_at")
