"""flow control: breaker, renewal of keys, grants, cron schedules, groups of errors

Adds columns that are empty or have a default, and one that PostgreSQL computes: it rewrites the
table of listings once, under an exclusive lock (about a second per hundred thousand listings). The
indexes cover failing listings and parked tasks only.

Revision: 0011
Previous: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
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
# Failures are of one cause when code and field are equal and the sentences differ only in what is
# quoted, in numbers, and in words with digits or capitals and dashes in them, such as SKUs.
CAUSE_FUNCTION = """
CREATE FUNCTION error_cause(code varchar, field varchar, sentence varchar) RETURNS varchar
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN sentence IS NULL THEN NULL ELSE substr(md5(
        coalesce(code, '') || '|' || coalesce(field, '') || '|' ||
        regexp_replace(
            regexp_replace(
                regexp_replace(sentence, '“[^”]*”', '“…”', 'g'),
                '[[:alnum:]_./,-]*[0-9][[:alnum:]_./,-]*', '#', 'g'),
            '[A-Z]{2,}(-[A-Z]+)+', '#', 'g')
    ), 1, 16) END
$$
"""
CAUSE = sa.Computed("error_cause(error_code, error_field, error)", persisted=True)


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
    op.execute(CAUSE_FUNCTION)
    op.add_column("listings", sa.Column("error_group", sa.String(16), CAUSE))
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
    op.execute("DROP FUNCTION error_cause")
    op.drop_column("listings", "error_code")
    op.drop_column("schedules", "zone")
    op.drop_column("schedules", "cron")
    op.drop_column("connections", "told")
    for name, _ in reversed(CONNECTION_COLUMNS):
        op.drop_column("connections", name)
