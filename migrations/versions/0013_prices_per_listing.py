"""a listing says for itself whether prices are sent to it

One column without a value for every row: the table is not rewritten.

Revision: 0013
Previous: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("listings", sa.Column("sends_prices", sa.Boolean()))


def downgrade() -> None:
    op.drop_column("listings", "sends_prices")
