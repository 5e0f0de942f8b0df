"""connections: a second write lease, for stock and prices, so that they wait for no batch

Revision: 0035
Previous: 0034
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("connections", sa.Column("urgent_writer", sa.String(64)))
    op.add_column("connections", sa.Column("urgent_writer_until", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("connections", "urgent_writer_until")
    op.drop_column("connections", "urgent_writer")
