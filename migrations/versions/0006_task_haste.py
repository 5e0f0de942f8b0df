"""tasks of many changes at once let single edits go first

Rewrites no row but open urgent tasks.

Revision: 0006
Previous: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "sync_tasks", sa.Column("haste", sa.SmallInteger(), nullable=False, server_default="1")
    )
    op.execute(
        "UPDATE sync_tasks SET haste = 2 WHERE is_urgent AND state IN ('waiting', 'running')"
    )
    op.drop_column("sync_tasks", "is_urgent")


def downgrade() -> None:
    op.add_column(
        "sync_tasks",
        sa.Column("is_urgent", sa.Boolean(), nullable=False, server_default=sa.text("false")),
    )
    op.execute("UPDATE sync_tasks SET is_urgent = true WHERE haste = 2")
    op.drop_column("sync_tasks", "haste")
