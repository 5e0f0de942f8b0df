"""connections look every hour after listings that nobody confirmed for a day

Adds one row to the periodic table per connection that is checked; touches no other row.

Revision: 0012
Previous: 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "INSERT INTO schedules (key, task, organization_id, subject_id, every, next_at)"
        " SELECT 'stale:' || subject_id, 'stale', organization_id, subject_id,"
        " interval '1 hour', now() + interval '1 hour' FROM schedules WHERE task = 'check'"
        " ON CONFLICT (key) DO NOTHING"
    )


def downgrade() -> None:
    op.execute("DELETE FROM schedules WHERE task = 'stale'")
