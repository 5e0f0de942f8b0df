"""conflicts are assigned, talked about, and remember what was decided

Adds columns with constant defaults (no rewrite), a partial index that is empty at first, and a table.

Revision: 0010
Previous: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

THIS_ORGANIZATION = (
    "organization_id = nullif(current_setting('app.organization_id', true), '')::uuid"
)


def column(name: str, kind: sa.types.TypeEngine, **rest: object) -> None:
    op.add_column("conflicts", sa.Column(name, kind, **rest))


def upgrade() -> None:
    column("assignee_id", sa.UUID(), nullable=True)
    column("decided", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    column("is_due", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    column("is_by_rule", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    op.create_foreign_key(
        op.f("fk_conflicts_assignee_id"),
        "conflicts",
        "users",
        ["assignee_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_index(
        "ix_conflicts_due", "conflicts", ["listing_id"], postgresql_where=sa.text("is_due")
    )
    op.create_table(
        "conflict_comments",
        sa.Column("conflict_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conflict_id"],
            ["conflicts.id"],
            name=op.f("fk_conflict_comments_conflict_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_conflict_comments_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_conflict_comments_user_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict_comments")),
    )
    op.create_index(
        "ix_conflict_comments_conflict", "conflict_comments", ["conflict_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_conflict_comments_organization_id"), "conflict_comments", ["organization_id"]
    )
    op.execute("ALTER TABLE conflict_comments ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY tenant ON conflict_comments USING ({THIS_ORGANIZATION})"
        f" WITH CHECK ({THIS_ORGANIZATION})"
    )


def downgrade() -> None:
    op.drop_table("conflict_comments")
    op.drop_index("ix_conflicts_due", table_name="conflicts", postgresql_where=sa.text("is_due"))
    op.drop_constraint(op.f("fk_conflicts_assignee_id"), "conflicts", type_="foreignkey")
    for name in ("is_by_rule", "is_due", "decided", "assignee_id"):
        op.drop_column("conflicts", name)
