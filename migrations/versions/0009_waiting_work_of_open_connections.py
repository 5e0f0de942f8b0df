"""work of paused, broken and resting connections rings for nobody

Replaces a function; touches no row. Runs that only record pushes are no reads to be gone on with.

Revision: 0009
Previous: 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OPEN = "c.state = 'active' AND coalesce(c.blocked_until, '-infinity') <= moment"
FUNCTION = """
CREATE OR REPLACE FUNCTION waiting_work(moment timestamptz)
RETURNS TABLE (task text, organization_id uuid, subject_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT DISTINCT t.direction, t.organization_id, t.connection_id
    FROM sync_tasks t {tasks_of}
    WHERE ((t.state = 'waiting' AND t.due_at <= moment)
       OR (t.state = 'running' AND t.lease_until < moment)) {open}
    UNION ALL
    SELECT DISTINCT 'deliveries', d.organization_id, d.connection_id FROM deliveries d
    WHERE d.state = 'received'
    UNION ALL
    SELECT 'run', r.organization_id, r.id FROM sync_runs r {runs_of}
    WHERE r.state IN ('waiting', 'running') AND coalesce(r.lease_until, '-infinity') < moment
        {reads} {open}
    UNION ALL
    SELECT 'import', i.organization_id, i.id FROM imports i
    WHERE i.state IN ('checking', 'applying') AND coalesce(i.lease_until, '-infinity') < moment
    UNION ALL
    SELECT 'bulk', b.organization_id, b.id FROM bulk_edits b
    WHERE b.state = 'applying' AND coalesce(b.lease_until, '-infinity') < moment
    UNION ALL
    SELECT DISTINCT 'media', m.organization_id, m.organization_id FROM media m
    WHERE m.state = 'waiting' AND m.due_at <= moment
    UNION ALL
    SELECT 'mail', m.organization_id, m.id FROM mails m
    WHERE m.state = 'waiting' AND m.created_at < moment - interval '20 seconds'
$$
"""


def upgrade() -> None:
    op.execute(
        FUNCTION.format(
            tasks_of="JOIN connections c ON c.id = t.connection_id",
            runs_of="JOIN connections c ON c.id = r.connection_id",
            reads="AND r.kind NOT IN ('push', 'manual')",
            open=f"AND {OPEN}",
        )
    )


def downgrade() -> None:
    op.execute(FUNCTION.format(tasks_of="", runs_of="", reads="", open=""))
