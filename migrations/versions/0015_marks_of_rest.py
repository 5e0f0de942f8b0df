"""a listing remembers by a digest that both of its sides were compared and agree

Renames a column nobody ever read; no row is touched: an old value is no mark, so each listing is
compared once more.

Revision: 0015
Previous: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE listings RENAME COLUMN written_fingerprint TO rest_mark")


def downgrade() -> None:
    op.execute("ALTER TABLE listings RENAME COLUMN rest_mark TO written_fingerprint")
