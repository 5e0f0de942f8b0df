"""waiting changes are decided by name, and everything done together can be undone together

Builds partial indexes over sync_changes and field_changes; adds empty columns.

Revision: 0008
Previous: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('held', 'planned', 'declined')")
DECIDED = sa.text("settled_by IS NOT NULL")
IN_RUN = sa.text("run_id IS NOT NULL")


def upgrade() -> None:
    op.add_column("sync_changes", sa.Column("settled_by", sa.Uuid(), nullable=True))
    op.add_column("sync_changes", sa.Column("note", sa.String(500), nullable=True))
    op.create_index("ix_sync_changes_open", "sync_changes", ["listing_id"], postgresql_where=OPEN)
    op.create_index(
        "ix_sync_changes_decided",
        "sync_changes",
        ["organization_id", "settled_at"],
        postgresql_where=DECIDED,
    )
    op.create_index("ix_field_changes_run", "field_changes", ["run_id"], postgresql_where=IN_RUN)


def downgrade() -> None:
    op.drop_index("ix_field_changes_run", table_name="field_changes", postgresql_where=IN_RUN)
    op.drop_index("ix_sync_changes_decided", table_name="sync_changes", postgresql_where=DECIDED)
    op.drop_index("ix_sync_changes_open", table_name="sync_changes", postgresql_where=OPEN)
    op.drop_column("sync_changes", "note")
    op.drop_column("sync_changes", "settled_by")
