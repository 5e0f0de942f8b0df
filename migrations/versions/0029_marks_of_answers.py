"""a listing remembers how the channel spelled an answer that was read

Adds an empty column; no row is touched: without a mark an answer is read as ever, and marked.

Revision: 0029
Previous: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("listings", sa.Column("answer_mark", sa.String(64)))


def downgrade() -> None:
    op.drop_column("listings", "answer_mark")
