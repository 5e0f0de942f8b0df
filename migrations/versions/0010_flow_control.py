"""flow control: breaker, renewal of keys, grants, cron schedules, groups of errors

Adds columns that are empty or have a default. The indexes cover failing listings and parked tasks
only. Listings that fail at the moment get a group of their own sentence; the next failure refines it.

Revision: 0010
Previous: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
FAILING = sa.text("state IN ('failed', 'gone')")
PARKED = sa.text("state = 'parked'")
CONNECTION_COLUMNS = (
    ("opened_at", MOMENT),
    ("probe_until", MOMENT),
    ("keys_end_at", MOMENT),
    ("next_credentials", sa.LargeBinary()),
    ("renewer", sa.String(64)),
    ("renewer_until", MOMENT),
    ("renewed_at", MOMENT),
    ("grant_ends_at", MOMENT),
    ("grant_told", sa.SmallInteger()),
)


def upgrade() -> None:
    for name, kind in CONNECTION_COLUMNS:
        op.add_column("connections", sa.Column(name, kind))
    op.add_column(
        "connections", sa.Column("told", sa.SmallInteger(), nullable=False, server_default="0")
    )
    op.add_column("schedules", sa.Column("cron", sa.String(120)))
    op.add_column(
        "schedules", sa.Column("zone", sa.String(64), nullable=False, server_default="UTC")
    )
    op.add_column("listings", sa.Column("error_code", sa.String(60)))
    op.add_column("listings", sa.Column("error_group", sa.String(16)))
    op.execute(
        "UPDATE listings SET error_group = substr(md5(coalesce(error_field, '') || error), 1, 16)"
        " WHERE state IN ('failed', 'gone') AND error IS NOT NULL"
    )
    op.create_index(
        "ix_listings_errors",
        "listings",
        ["connection_id", "error_group", "id"],
        postgresql_where=FAILING,
    )
    op.create_index(
        "ix_sync_tasks_parked", "sync_tasks", ["organization_id", "id"], postgresql_where=PARKED
    )


def downgrade() -> None:
    op.drop_index("ix_sync_tasks_parked", table_name="sync_tasks", postgresql_where=PARKED)
    op.drop_index("ix_listings_errors", table_name="listings", postgresql_where=FAILING)
    op.drop_column("listings", "error_group")
    op.drop_column("listings", "error_code")
    op.drop_column("schedules", "zone")
    op.drop_column("schedules", "cron")
    op.drop_column("connections", "told")
    for name, _ in reversed(CONNECTION_COLUMNS):
        op.drop_column("connections", name)
