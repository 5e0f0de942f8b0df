"""initial

Revision: 0001
Previous:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


# Full-text operators are not leakproof, so row-level security would keep PostgreSQL from using the
# index. This function runs as the owner and asks for the tenant itself.
SEARCH_FUNCTION = """
CREATE FUNCTION matching_products(query tsquery, most integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT id FROM products
    WHERE search @@ query
      AND organization_id = nullif(current_setting('app.organization_id', true), '')::uuid
    LIMIT most
$$
"""

# What waits for a worker, over all tenants, as ids only: the scheduler rings for it, so that neither
# a lost Redis nor a killed worker leaves anything lying.
WAITING_FUNCTION = """
CREATE FUNCTION waiting_work(moment timestamptz)
RETURNS TABLE (task text, organization_id uuid, subject_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT DISTINCT t.direction, t.organization_id, t.connection_id FROM sync_tasks t
    WHERE (t.state = 'waiting' AND t.due_at <= moment)
       OR (t.state = 'running' AND t.lease_until < moment)
    UNION ALL
    SELECT DISTINCT 'deliveries', d.organization_id, d.connection_id FROM deliveries d
    WHERE d.state = 'received'
    UNION ALL
    SELECT 'run', r.organization_id, r.id FROM sync_runs r
    WHERE r.state IN ('waiting', 'running') AND coalesce(r.lease_until, '-infinity') < moment
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


# What is stuck, over all tenants, in sentences without names: for `flask doctor`.
STUCK_FUNCTION = """
CREATE FUNCTION stuck_work(moment timestamptz) RETURNS TABLE (sentence text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT 'Connection ' || id || ' needs a person: ' || coalesce(error, 'no reason kept')
    FROM connections WHERE state = 'error'
    UNION ALL
    SELECT count(*) || ' parked tasks on connection ' || connection_id
    FROM sync_tasks WHERE state = 'parked' GROUP BY connection_id
    UNION ALL
    SELECT count(*) || ' tasks of connection ' || connection_id || ' are over an hour late'
    FROM sync_tasks WHERE state = 'waiting' AND due_at < moment - interval '1 hour'
    GROUP BY connection_id
    UNION ALL
    SELECT 'Drift on connection ' || id || ': ' || drift_listings || ' of ' || drift_checked
    FROM connections WHERE drift_listings > 0 AND state = 'active'
    UNION ALL
    SELECT count(*) || ' facts wait in the outbox for over a minute: is the scheduler running?'
    FROM outbox_messages WHERE sent_at IS NULL AND created_at < moment - interval '1 minute'
    HAVING count(*) > 0
$$
"""


TENANT = "organization_id = nullif(current_setting('app.organization_id', true), '')::uuid"
TENANT_TABLES = (
    "app_keys",
    "attribute_definitions",
    "bulk_edits",
    "categories",
    "connections",
    "import_mappings",
    "imports",
    "invitations",
    "locations",
    "media",
    "notice_preferences",
    "notices",
    "saved_views",
    "api_use",
    "connection_requests",
    "deliveries",
    "exchanges",
    "import_issues",
    "media_bindings",
    "notice_reads",
    "products",
    "read_cursors",
    "sync_runs",
    "field_changes",
    "listings",
    "product_categories",
    "product_media",
    "variants",
    "base_values",
    "conflicts",
    "inventory_levels",
    "listing_snapshots",
    "offers",
    "proposals",
    "sync_changes",
    "sync_tasks",
    "variant_prices",
    "inventory_postings",
)
# Tables a person sees across organizations: the switcher, an invitation, an own membership.
OTHER_RULES = {
    "audit_entries": (
        "organization_id IS NOT DISTINCT FROM "
        "nullif(current_setting('app.organization_id', true), '')::uuid"
    ),
    "organizations": (
        "id = nullif(current_setting('app.organization_id', true), '')::uuid OR "
        "current_setting('app.scope', true) = 'install' OR EXISTS (SELECT FROM "
        "memberships WHERE memberships.organization_id = organizations.id AND user_id = "
        "nullif(current_setting('app.user_id', true), '')::uuid)"
    ),
    "mails": (
        "organization_id IS NOT DISTINCT FROM "
        "nullif(current_setting('app.organization_id', true), '')::uuid"
    ),
    "memberships": (
        "organization_id = nullif(current_setting('app.organization_id', true), '')::uuid "
        "OR user_id = nullif(current_setting('app.user_id', true), '')::uuid OR "
        "current_setting('app.scope', true) = 'install'"
    ),
}


# What may be written there, where that is less than what may be seen.
WRITE_RULES = {
    "organizations": ("id = nullif(current_setting('app.organization_id', true), '')::uuid"),
    "memberships": (
        "organization_id = nullif(current_setting('app.organization_id', true), '')::uuid"
    ),
}


def guard(table: str, rule: str) -> None:
    """Let a role that is not the owner see and write only rows the rules allow."""
    check = WRITE_RULES.get(table, rule)
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY tenant ON {table} USING ({rule}) WITH CHECK ({check})")


def upgrade() -> None:
    op.create_table(
        "attempt_counts",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("window_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_attempt_counts")),
    )
    op.create_index(
        op.f("ix_attempt_counts_window_ends_at"), "attempt_counts", ["window_ends_at"], unique=False
    )
    op.create_table(
        "audit_entries",
        sa.Column("organization_id", sa.UUID(), nullable=True),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("user_name", sa.String(length=100), nullable=False),
        sa.Column("via", sa.String(length=8), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("summary", sa.String(length=500), nullable=False),
        sa.Column(
            "details",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("ip", sa.String(length=45), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
        info={"append_only": True},
    )
    op.create_index(
        "ix_audit_entries_newest", "audit_entries", ["organization_id", "at", "id"], unique=False
    )
    op.create_index(
        "ix_audit_entries_subject",
        "audit_entries",
        ["organization_id", "subject_kind", "subject_id"],
        unique=False,
    )
    op.create_table(
        "dev_mails",
        sa.Column("sender", sa.String(length=300), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dev_mails")),
    )
    op.create_index(op.f("ix_dev_mails_recipient"), "dev_mails", ["recipient"], unique=False)
    op.create_table(
        "organizations",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("currency", sa.String(length=3), server_default="USD", nullable=False),
        sa.Column("timezone", sa.String(length=64), server_default="UTC", nullable=False),
        sa.Column("locale", sa.String(length=16), server_default="en_US", nullable=False),
        sa.Column("weight_unit", sa.String(length=4), server_default="kg", nullable=False),
        sa.Column("length_unit", sa.String(length=4), server_default="cm", nullable=False),
        sa.Column(
            "settings",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
        sa.UniqueConstraint("slug", name=op.f("uq_organizations_slug")),
    )
    op.create_table(
        "outbox_messages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_messages")),
    )
    op.create_index(
        "ix_outbox_messages_unsent",
        "outbox_messages",
        ["id"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.create_table(
        "schedules",
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("task", sa.String(length=60), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=True),
        sa.Column("subject_id", sa.UUID(), nullable=True),
        sa.Column("every", sa.Interval(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_schedules")),
    )
    op.create_index("ix_schedules_due", "schedules", ["next_at"], unique=False)
    op.create_table(
        "users",
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_operator", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "preferences",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("avatar_key", sa.String(length=200), nullable=True),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_users_email_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "app_keys",
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("hint", sa.String(length=20), nullable=False),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_app_keys_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_keys")),
        sa.UniqueConstraint(
            "organization_id", "channel", name=op.f("uq_app_keys_organization_id_channel")
        ),
    )
    op.create_index(
        op.f("ix_app_keys_organization_id"), "app_keys", ["organization_id"], unique=False
    )
    op.create_table(
        "attribute_definitions",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=True),
        sa.Column(
            "choices", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column("is_multiple", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_attribute_definitions_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attribute_definitions")),
        sa.UniqueConstraint(
            "organization_id", "name", name=op.f("uq_attribute_definitions_organization_id_name")
        ),
    )
    op.create_index(
        op.f("ix_attribute_definitions_organization_id"),
        "attribute_definitions",
        ["organization_id"],
        unique=False,
    )
    op.create_table(
        "bulk_edits",
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("selection", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("operation", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("results", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_bulk_edits_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_edits")),
    )
    op.create_index(
        op.f("ix_bulk_edits_organization_id"), "bulk_edits", ["organization_id"], unique=False
    )
    op.create_table(
        "categories",
        sa.Column("parent_id", sa.UUID(), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("path", sa.String(length=1000), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_categories_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["categories.id"],
            name=op.f("fk_categories_parent_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
        sa.UniqueConstraint(
            "organization_id", "path", name=op.f("uq_categories_organization_id_path")
        ),
    )
    op.create_index(
        op.f("ix_categories_organization_id"), "categories", ["organization_id"], unique=False
    )
    op.create_index(op.f("ix_categories_parent_id"), "categories", ["parent_id"], unique=False)
    op.create_table(
        "connections",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("credentials", sa.LargeBinary(), nullable=True),
        sa.Column("key_hint", sa.String(length=20), nullable=True),
        sa.Column(
            "settings", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column(
            "wire", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column(
            "facts", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("hook_token", sa.String(length=64), nullable=False),
        sa.Column("hook_secret", sa.LargeBinary(), nullable=True),
        sa.Column(
            "hooks", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_pulled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_pushed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_reconciled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_delivery_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("error_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("drift_listings", sa.Integer(), nullable=True),
        sa.Column("drift_checked", sa.Integer(), nullable=True),
        sa.Column("writer", sa.String(length=64), nullable=True),
        sa.Column("writer_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "state IN ('pending','active','paused','error','disconnected')",
            name=op.f("ck_connections_state"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_connections_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connections")),
    )
    op.create_index(
        op.f("ix_connections_organization_id"), "connections", ["organization_id"], unique=False
    )
    op.create_index(
        "uq_connections_address",
        "connections",
        ["organization_id", "channel", "address"],
        unique=True,
        postgresql_where=sa.text("state <> 'disconnected'"),
    )
    op.create_index("uq_connections_hook_token", "connections", ["hook_token"], unique=True)
    op.create_table(
        "email_tokens",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "verify", "reset", "change_email", name="purpose", native_enum=False, length=16
            ),
            nullable=False,
        ),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "purpose IN ('verify', 'reset', 'change_email')", name=op.f("ck_email_tokens_purpose")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_email_tokens_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_email_tokens_token_hash")),
    )
    op.create_index(op.f("ix_email_tokens_user_id"), "email_tokens", ["user_id"], unique=False)
    op.create_table(
        "import_mappings",
        sa.Column("header_key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_import_mappings_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_mappings")),
        sa.UniqueConstraint(
            "organization_id",
            "header_key",
            name=op.f("uq_import_mappings_organization_id_header_key"),
        ),
    )
    op.create_index(
        op.f("ix_import_mappings_organization_id"),
        "import_mappings",
        ["organization_id"],
        unique=False,
    )
    op.create_table(
        "imports",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("storage_key", sa.String(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("dialect", sa.String(length=20), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("choices", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("rows_total", sa.Integer(), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("report_key", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_imports_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_index(
        op.f("ix_imports_organization_id"), "imports", ["organization_id"], unique=False
    )
    op.create_table(
        "invitations",
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "owner",
                "admin",
                "manager",
                "editor",
                "viewer",
                name="role",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("invited_by", sa.UUID(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "role IN ('owner', 'admin', 'manager', 'editor', 'viewer')",
            name=op.f("ck_invitations_role"),
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"],
            ["users.id"],
            name=op.f("fk_invitations_invited_by"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_invitations_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
    )
    op.create_index(
        op.f("ix_invitations_organization_id"), "invitations", ["organization_id"], unique=False
    )
    op.create_index(
        "uq_invitations_open",
        "invitations",
        ["organization_id", "email"],
        unique=True,
        postgresql_where=sa.text("accepted_at IS NULL AND revoked_at IS NULL"),
    )
    op.create_table(
        "locations",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_locations_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_locations")),
        sa.UniqueConstraint(
            "organization_id", "name", name=op.f("uq_locations_organization_id_name")
        ),
    )
    op.create_index(
        op.f("ix_locations_organization_id"), "locations", ["organization_id"], unique=False
    )
    op.create_index(
        "uq_locations_default",
        "locations",
        ["organization_id"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "mails",
        sa.Column("organization_id", sa.UUID(), nullable=True),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("waiting", "sent", "failed", name="mailstate", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(length=500), nullable=False),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed')", name=op.f("ck_mails_state")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_mails_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
    )
    op.create_index(op.f("ix_mails_organization_id"), "mails", ["organization_id"], unique=False)
    op.create_index("ix_mails_state", "mails", ["state", "created_at"], unique=False)
    op.create_table(
        "media",
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("source_url", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(length=64), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("storage_key", sa.String(), nullable=True),
        sa.Column("thumb_key", sa.String(), nullable=True),
        sa.Column("small_key", sa.String(), nullable=True),
        sa.Column("content_type", sa.String(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("bytes", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_media_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
    )
    op.create_index(
        "ix_media_due",
        "media",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(op.f("ix_media_organization_id"), "media", ["organization_id"], unique=False)
    op.create_index("ix_media_sha256", "media", ["organization_id", "sha256"], unique=False)
    op.create_index("ix_media_source", "media", ["organization_id", "source_key"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "owner",
                "admin",
                "manager",
                "editor",
                "viewer",
                name="role",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "role IN ('owner', 'admin', 'manager', 'editor', 'viewer')",
            name=op.f("ck_memberships_role"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_memberships_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_memberships_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
        sa.UniqueConstraint(
            "organization_id", "user_id", name=op.f("uq_memberships_organization_id_user_id")
        ),
    )
    op.create_index(
        op.f("ix_memberships_organization_id"), "memberships", ["organization_id"], unique=False
    )
    op.create_index(op.f("ix_memberships_user_id"), "memberships", ["user_id"], unique=False)
    op.create_table(
        "notice_preferences",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("is_mailed", sa.Boolean(), nullable=False),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_notice_preferences_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_notice_preferences_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_preferences")),
        sa.UniqueConstraint(
            "organization_id",
            "user_id",
            "kind",
            name=op.f("uq_notice_preferences_organization_id_user_id_kind"),
        ),
    )
    op.create_index(
        op.f("ix_notice_preferences_organization_id"),
        "notice_preferences",
        ["organization_id"],
        unique=False,
    )
    op.create_table(
        "notices",
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.String(length=2000), nullable=False),
        sa.Column("link", sa.String(length=500), nullable=False),
        sa.Column(
            "severity",
            sa.Enum(
                "info", "success", "warning", "error", name="severity", native_enum=False, length=16
            ),
            nullable=False,
        ),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "severity IN ('info', 'success', 'warning', 'error')", name=op.f("ck_notices_severity")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_notices_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_notices_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index(
        "ix_notices_newest", "notices", ["organization_id", "created_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_notices_organization_id"), "notices", ["organization_id"], unique=False
    )
    op.create_table(
        "saved_views",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("page", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column(
            "columns", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column("is_shared", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_saved_views_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_saved_views_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
    )
    op.create_index(
        op.f("ix_saved_views_organization_id"), "saved_views", ["organization_id"], unique=False
    )
    op.create_table(
        "user_sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("current_organization_id", sa.UUID(), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ip", sa.String(length=45), nullable=False),
        sa.Column("user_agent", sa.String(length=300), nullable=False),
        sa.Column("is_remembered", sa.Boolean(), nullable=False),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["current_organization_id"],
            ["organizations.id"],
            name=op.f("fk_user_sessions_current_organization_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_sessions_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_sessions_token_hash")),
    )
    op.create_index(op.f("ix_user_sessions_user_id"), "user_sessions", ["user_id"], unique=False)
    op.create_table(
        "api_use",
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("throttled", sa.Integer(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_api_use_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_api_use_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection_id", "hour", name=op.f("pk_api_use")),
    )
    op.create_index(
        op.f("ix_api_use_organization_id"), "api_use", ["organization_id"], unique=False
    )
    op.create_table(
        "connection_requests",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("connection_id", sa.UUID(), nullable=True),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_connection_requests_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_connection_requests_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection_requests")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_connection_requests_token_hash")),
    )
    op.create_index(
        op.f("ix_connection_requests_organization_id"),
        "connection_requests",
        ["organization_id"],
        unique=False,
    )
    op.create_table(
        "deliveries",
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("event_key", sa.String(length=200), nullable=False),
        sa.Column("topic", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("duplicates", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_deliveries_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_deliveries_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "connection_id", "event_key", name=op.f("uq_deliveries_connection_id_event_key")
        ),
    )
    op.create_index(
        op.f("ix_deliveries_organization_id"), "deliveries", ["organization_id"], unique=False
    )
    op.create_index(
        "ix_deliveries_received",
        "deliveries",
        ["connection_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_index("ix_deliveries_recent", "deliveries", ["connection_id", "id"], unique=False)
    op.create_table(
        "exchanges",
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("run_id", sa.UUID(), nullable=True),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("response", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("correlation_id", sa.String(length=64), nullable=True),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_exchanges_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_exchanges_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchanges")),
    )
    op.create_index("ix_exchanges_connection", "exchanges", ["connection_id", "id"], unique=False)
    op.create_index(
        op.f("ix_exchanges_organization_id"), "exchanges", ["organization_id"], unique=False
    )
    op.create_index(op.f("ix_exchanges_run_id"), "exchanges", ["run_id"], unique=False)
    op.create_table(
        "import_issues",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("import_id", sa.UUID(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("column", sa.String(), nullable=True),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("sentence", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=True),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["imports.id"],
            name=op.f("fk_import_issues_import_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_import_issues_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_issues")),
    )
    op.create_index("ix_import_issues_import", "import_issues", ["import_id", "id"], unique=False)
    op.create_index(
        op.f("ix_import_issues_organization_id"), "import_issues", ["organization_id"], unique=False
    )
    op.create_table(
        "media_bindings",
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=False),
        sa.Column("media_id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_media_bindings_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media.id"], name=op.f("fk_media_bindings_media_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_media_bindings_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection_id", "external_id", name=op.f("pk_media_bindings")),
    )
    op.create_index(
        "ix_media_bindings_media", "media_bindings", ["media_id", "connection_id"], unique=False
    )
    op.create_index(
        op.f("ix_media_bindings_organization_id"),
        "media_bindings",
        ["organization_id"],
        unique=False,
    )
    op.create_table(
        "notice_reads",
        sa.Column("notice_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["notices.id"],
            name=op.f("fk_notice_reads_notice_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_notice_reads_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_notice_reads_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("notice_id", "user_id", name=op.f("pk_notice_reads")),
    )
    op.create_index(
        op.f("ix_notice_reads_organization_id"), "notice_reads", ["organization_id"], unique=False
    )
    op.create_table(
        "products",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handle", sa.String(length=255), nullable=True),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("title_key", sa.String(length=120), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("short_description", sa.String(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("brand", sa.String(length=100), nullable=True),
        sa.Column("condition", sa.String(length=16), nullable=True),
        sa.Column("tags", postgresql.ARRAY(sa.String()), server_default="{}", nullable=False),
        sa.Column(
            "attributes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column(
            "options", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column(
            "layers", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("is_excluded", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("variant_count", sa.Integer(), nullable=False),
        sa.Column("first_sku", sa.String(length=100), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("price_min_minor", sa.BigInteger(), nullable=True),
        sa.Column("price_max_minor", sa.BigInteger(), nullable=True),
        sa.Column("stock_total", sa.Integer(), nullable=True),
        sa.Column("thumb_media_id", sa.UUID(), nullable=True),
        sa.Column("search_text", sa.String(), server_default="", nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed("to_tsvector('simple', search_text)", persisted=True),
            nullable=False,
        ),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "status IN ('draft','active','inactive','archived')", name=op.f("ck_products_status")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_products_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["thumb_media_id"],
            ["media.id"],
            name=op.f("fk_products_thumb_media_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint(
            "organization_id", "handle", name=op.f("uq_products_organization_id_handle")
        ),
    )
    op.create_index(
        "ix_products_brand", "products", ["organization_id", "brand", "id"], unique=False
    )
    op.create_index(
        "ix_products_excluded",
        "products",
        ["organization_id", "updated_at", "id"],
        unique=False,
        postgresql_where=sa.text("is_excluded"),
    )
    op.create_index(
        op.f("ix_products_organization_id"), "products", ["organization_id"], unique=False
    )
    op.create_index(
        "ix_products_price", "products", ["organization_id", "price_min_minor", "id"], unique=False
    )
    op.create_index(
        "ix_products_search", "products", ["search"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_products_status",
        "products",
        ["organization_id", "status", "updated_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_products_stock", "products", ["organization_id", "stock_total", "id"], unique=False
    )
    op.create_index("ix_products_tags", "products", ["tags"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_products_title", "products", ["organization_id", "title_key", "id"], unique=False
    )
    op.create_index(
        "ix_products_updated", "products", ["organization_id", "updated_at", "id"], unique=False
    )
    op.create_table(
        "read_cursors",
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_read_cursors_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_read_cursors_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection_id", "name", name=op.f("pk_read_cursors")),
    )
    op.create_index(
        op.f("ix_read_cursors_organization_id"), "read_cursors", ["organization_id"], unique=False
    )
    op.create_table(
        "sync_runs",
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("cause", sa.String(length=100), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conflicts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("drifted", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cursor", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("worker", sa.String(length=64), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_sync_runs_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_sync_runs_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_runs")),
    )
    op.create_index("ix_sync_runs_connection", "sync_runs", ["connection_id", "id"], unique=False)
    op.create_index(
        "ix_sync_runs_open",
        "sync_runs",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
    )
    op.create_index(
        op.f("ix_sync_runs_organization_id"), "sync_runs", ["organization_id"], unique=False
    )
    op.create_index("ix_sync_runs_recent", "sync_runs", ["organization_id", "id"], unique=False)
    op.create_table(
        "field_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("product_id", sa.UUID(), nullable=False),
        sa.Column("variant_id", sa.UUID(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("old", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("new", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("layer", sa.String(length=8), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("connection_id", sa.UUID(), nullable=True),
        sa.Column("run_id", sa.UUID(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_field_changes_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.id"],
            name=op.f("fk_field_changes_product_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_changes")),
        info={"append_only": True},
    )
    op.create_index(
        op.f("ix_field_changes_organization_id"), "field_changes", ["organization_id"], unique=False
    )
    op.create_index("ix_field_changes_product", "field_changes", ["product_id", "id"], unique=False)
    op.create_table(
        "listings",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("product_id", sa.UUID(), nullable=True),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("is_writable", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_ours", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("first_sku", sa.String(length=255), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column(
            "remote", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("remote_fingerprint", sa.String(length=64), nullable=True),
        sa.Column("remote_modified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("written_fingerprint", sa.String(length=64), nullable=True),
        sa.Column(
            "overrides",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("read_order", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("error_field", sa.String(length=40), nullable=True),
        sa.Column("error_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "state IN ('unmapped','ignored','waiting','running','synced','needs_you','failed','paused','gone')",
            name=op.f("ck_listings_state"),
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_listings_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_listings_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.id"],
            name=op.f("fk_listings_product_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listings")),
    )
    op.create_index(
        op.f("ix_listings_organization_id"), "listings", ["organization_id"], unique=False
    )
    op.create_index(
        "ix_listings_product", "listings", ["product_id", "connection_id"], unique=False
    )
    op.create_index(
        "ix_listings_state",
        "listings",
        ["organization_id", "connection_id", "state", "id"],
        unique=False,
    )
    op.create_index(
        "uq_listings_external",
        "listings",
        ["connection_id", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_table(
        "product_categories",
        sa.Column("product_id", sa.UUID(), nullable=False),
        sa.Column("category_id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["categories.id"],
            name=op.f("fk_product_categories_category_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_product_categories_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.id"],
            name=op.f("fk_product_categories_product_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("product_id", "category_id", name=op.f("pk_product_categories")),
    )
    op.create_index(
        op.f("ix_product_categories_category_id"),
        "product_categories",
        ["category_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_product_categories_organization_id"),
        "product_categories",
        ["organization_id"],
        unique=False,
    )
    op.create_table(
        "product_media",
        sa.Column("product_id", sa.UUID(), nullable=False),
        sa.Column("media_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("alt", sa.String(length=500), nullable=True),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_product_media_media_id")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_product_media_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.id"],
            name=op.f("fk_product_media_product_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("product_id", "media_id", name=op.f("pk_product_media")),
    )
    op.create_index(op.f("ix_product_media_media_id"), "product_media", ["media_id"], unique=False)
    op.create_index(
        op.f("ix_product_media_organization_id"), "product_media", ["organization_id"], unique=False
    )
    op.create_table(
        "variants",
        sa.Column("product_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(length=100), nullable=True),
        sa.Column("sku_key", sa.String(length=100), nullable=True),
        sa.Column("gtin", sa.String(length=64), nullable=True),
        sa.Column("mpn", sa.String(length=70), nullable=True),
        sa.Column(
            "choice", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=True),
        sa.Column("sale_minor", sa.BigInteger(), nullable=True),
        sa.Column("sale_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sale_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("weight", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("length", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("width", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("height", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("backorders", sa.String(length=8), server_default="no", nullable=False),
        sa.Column("media_id", sa.UUID(), nullable=True),
        sa.Column(
            "layers", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "backorders IN ('no','notify','yes')", name=op.f("ck_variants_backorders")
        ),
        sa.CheckConstraint("price_minor >= 0 AND sale_minor >= 0", name=op.f("ck_variants_prices")),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media.id"], name=op.f("fk_variants_media_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_variants_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_variants_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_variants")),
    )
    op.create_index(
        "ix_variants_gtin",
        "variants",
        ["organization_id", "gtin"],
        unique=False,
        postgresql_ops={"gtin": "text_pattern_ops"},
    )
    op.create_index(
        op.f("ix_variants_organization_id"), "variants", ["organization_id"], unique=False
    )
    op.create_index(op.f("ix_variants_product_id"), "variants", ["product_id"], unique=False)
    op.create_index(
        "ix_variants_sku_prefix",
        "variants",
        ["organization_id", "sku_key"],
        unique=False,
        postgresql_ops={"sku_key": "text_pattern_ops"},
    )
    op.create_index(
        "uq_variants_organization_id_sku_key",
        "variants",
        ["organization_id", "sku_key"],
        unique=True,
        postgresql_where=sa.text("sku_key IS NOT NULL"),
    )
    op.create_table(
        "base_values",
        sa.Column("listing_id", sa.UUID(), nullable=False),
        sa.Column("product", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("variants", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "kept", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listings.id"],
            name=op.f("fk_base_values_listing_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_base_values_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_base_values")),
    )
    op.create_index(
        op.f("ix_base_values_organization_id"), "base_values", ["organization_id"], unique=False
    )
    op.create_table(
        "conflicts",
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("listing_id", sa.UUID(), nullable=False),
        sa.Column("product_id", sa.UUID(), nullable=False),
        sa.Column("variant_id", sa.UUID(), nullable=True),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("base", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("ours", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("theirs", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("has_base", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("resolution", sa.String(length=12), nullable=True),
        sa.Column("resolved_by", sa.UUID(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_conflicts_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listings.id"],
            name=op.f("fk_conflicts_listing_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_conflicts_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.id"],
            name=op.f("fk_conflicts_product_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflicts")),
    )
    op.create_index(
        op.f("ix_conflicts_organization_id"), "conflicts", ["organization_id"], unique=False
    )
    op.create_index(
        "ix_conflicts_recent", "conflicts", ["organization_id", "state", "id"], unique=False
    )
    op.create_index(
        "uq_conflicts_open",
        "conflicts",
        ["listing_id", "subject", "field"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "inventory_levels",
        sa.Column("variant_id", sa.UUID(), nullable=False),
        sa.Column("location_id", sa.UUID(), nullable=False),
        sa.Column("on_hand", sa.Integer(), server_default="0", nullable=False),
        sa.Column("committed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_counted", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "available",
            sa.Integer(),
            sa.Computed("on_hand - committed", persisted=True),
            nullable=False,
        ),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["location_id"], ["locations.id"], name=op.f("fk_inventory_levels_location_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_inventory_levels_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["variants.id"],
            name=op.f("fk_inventory_levels_variant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory_levels")),
        sa.UniqueConstraint(
            "variant_id", "location_id", name=op.f("uq_inventory_levels_variant_id_location_id")
        ),
    )
    op.create_index(
        op.f("ix_inventory_levels_location_id"), "inventory_levels", ["location_id"], unique=False
    )
    op.create_index(
        op.f("ix_inventory_levels_organization_id"),
        "inventory_levels",
        ["organization_id"],
        unique=False,
    )
    op.create_table(
        "listing_snapshots",
        sa.Column("listing_id", sa.UUID(), nullable=False),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listings.id"],
            name=op.f("fk_listing_snapshots_listing_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_listing_snapshots_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_listing_snapshots")),
    )
    op.create_index(
        op.f("ix_listing_snapshots_organization_id"),
        "listing_snapshots",
        ["organization_id"],
        unique=False,
    )
    op.create_table(
        "offers",
        sa.Column("listing_id", sa.UUID(), nullable=False),
        sa.Column("variant_id", sa.UUID(), nullable=True),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("external_sku", sa.String(length=255), nullable=True),
        sa.Column(
            "overrides",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listings.id"], name=op.f("fk_offers_listing_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_offers_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name=op.f("fk_offers_variant_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
        sa.UniqueConstraint(
            "listing_id", "external_id", name=op.f("uq_offers_listing_id_external_id")
        ),
    )
    op.create_index(op.f("ix_offers_listing_id"), "offers", ["listing_id"], unique=False)
    op.create_index(op.f("ix_offers_organization_id"), "offers", ["organization_id"], unique=False)
    op.create_index("ix_offers_variant", "offers", ["variant_id"], unique=False)
    op.create_table(
        "proposals",
        sa.Column("listing_id", sa.UUID(), nullable=False),
        sa.Column("product_id", sa.UUID(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("variant_pairs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listings.id"],
            name=op.f("fk_proposals_listing_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_proposals_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.id"],
            name=op.f("fk_proposals_product_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
        sa.UniqueConstraint(
            "listing_id", "product_id", name=op.f("uq_proposals_listing_id_product_id")
        ),
    )
    op.create_index(
        op.f("ix_proposals_organization_id"), "proposals", ["organization_id"], unique=False
    )
    op.create_index(op.f("ix_proposals_product_id"), "proposals", ["product_id"], unique=False)
    op.create_table(
        "sync_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("run_id", sa.UUID(), nullable=True),
        sa.Column("task_id", sa.UUID(), nullable=True),
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("listing_id", sa.UUID(), nullable=False),
        sa.Column("product_id", sa.UUID(), nullable=True),
        sa.Column("variant_id", sa.UUID(), nullable=True),
        sa.Column("direction", sa.String(length=4), nullable=False),
        sa.Column("action", sa.String(length=8), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("old", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("new", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.Column("risk", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("sentence", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_sync_changes_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listings.id"],
            name=op.f("fk_sync_changes_listing_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_sync_changes_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_changes")),
    )
    op.create_index(
        "ix_sync_changes_held",
        "sync_changes",
        ["organization_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'held'"),
    )
    op.create_index("ix_sync_changes_listing", "sync_changes", ["listing_id", "id"], unique=False)
    op.create_index(
        op.f("ix_sync_changes_organization_id"), "sync_changes", ["organization_id"], unique=False
    )
    op.create_index("ix_sync_changes_run", "sync_changes", ["run_id", "id"], unique=False)
    op.create_table(
        "sync_tasks",
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("direction", sa.String(length=4), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("listing_id", sa.UUID(), nullable=True),
        sa.Column("run_id", sa.UUID(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_forced", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("worker", sa.String(length=64), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("error_key", sa.String(length=64), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_sync_tasks_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listings.id"],
            name=op.f("fk_sync_tasks_listing_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_sync_tasks_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_tasks")),
    )
    op.create_index(
        "ix_sync_tasks_due",
        "sync_tasks",
        ["connection_id", "direction", "state", "due_at"],
        unique=False,
    )
    op.create_index(
        "ix_sync_tasks_open",
        "sync_tasks",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
    )
    op.create_index(
        op.f("ix_sync_tasks_organization_id"), "sync_tasks", ["organization_id"], unique=False
    )
    op.create_index("ix_sync_tasks_run", "sync_tasks", ["run_id"], unique=False)
    op.create_index(
        "uq_sync_tasks_waiting",
        "sync_tasks",
        ["connection_id", "direction", "subject"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "variant_prices",
        sa.Column("variant_id", sa.UUID(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("sale_minor", sa.BigInteger(), nullable=True),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_variant_prices_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["variants.id"],
            name=op.f("fk_variant_prices_variant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("variant_id", "currency", name=op.f("pk_variant_prices")),
    )
    op.create_index(
        op.f("ix_variant_prices_organization_id"),
        "variant_prices",
        ["organization_id"],
        unique=False,
    )
    op.create_table(
        "inventory_postings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("level_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=True),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["level_id"],
            ["inventory_levels.id"],
            name=op.f("fk_inventory_postings_level_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_inventory_postings_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory_postings")),
        info={"append_only": True},
    )
    op.create_index(
        "ix_inventory_postings_level", "inventory_postings", ["level_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_inventory_postings_organization_id"),
        "inventory_postings",
        ["organization_id"],
        unique=False,
    )

    for table in TENANT_TABLES:
        guard(table, TENANT)
    for table, rule in OTHER_RULES.items():
        guard(table, rule)
    op.execute(SEARCH_FUNCTION)
    op.execute(WAITING_FUNCTION)
    op.execute(STUCK_FUNCTION)
    op.execute("CREATE SEQUENCE read_order")


def downgrade() -> None:
    for table in (*TENANT_TABLES, *OTHER_RULES):
        op.execute(f"DROP POLICY tenant ON {table}")
    op.execute("DROP SEQUENCE read_order")
    op.execute("DROP FUNCTION stuck_work")
    op.execute("DROP FUNCTION waiting_work")
    op.execute("DROP FUNCTION matching_products")
    op.drop_index(op.f("ix_inventory_postings_organization_id"), table_name="inventory_postings")
    op.drop_index("ix_inventory_postings_level", table_name="inventory_postings")
    op.drop_table("inventory_postings")
    op.drop_index(op.f("ix_variant_prices_organization_id"), table_name="variant_prices")
    op.drop_table("variant_prices")
    op.drop_index(
        "uq_sync_tasks_waiting",
        table_name="sync_tasks",
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.drop_index("ix_sync_tasks_run", table_name="sync_tasks")
    op.drop_index(op.f("ix_sync_tasks_organization_id"), table_name="sync_tasks")
    op.drop_index(
        "ix_sync_tasks_open",
        table_name="sync_tasks",
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
    )
    op.drop_index("ix_sync_tasks_due", table_name="sync_tasks")
    op.drop_table("sync_tasks")
    op.drop_index("ix_sync_changes_run", table_name="sync_changes")
    op.drop_index(op.f("ix_sync_changes_organization_id"), table_name="sync_changes")
    op.drop_index("ix_sync_changes_listing", table_name="sync_changes")
    op.drop_index(
        "ix_sync_changes_held",
        table_name="sync_changes",
        postgresql_where=sa.text("state = 'held'"),
    )
    op.drop_table("sync_changes")
    op.drop_index(op.f("ix_proposals_product_id"), table_name="proposals")
    op.drop_index(op.f("ix_proposals_organization_id"), table_name="proposals")
    op.drop_table("proposals")
    op.drop_index("ix_offers_variant", table_name="offers")
    op.drop_index(op.f("ix_offers_organization_id"), table_name="offers")
    op.drop_index(op.f("ix_offers_listing_id"), table_name="offers")
    op.drop_table("offers")
    op.drop_index(op.f("ix_listing_snapshots_organization_id"), table_name="listing_snapshots")
    op.drop_table("listing_snapshots")
    op.drop_index(op.f("ix_inventory_levels_organization_id"), table_name="inventory_levels")
    op.drop_index(op.f("ix_inventory_levels_location_id"), table_name="inventory_levels")
    op.drop_table("inventory_levels")
    op.drop_index(
        "uq_conflicts_open", table_name="conflicts", postgresql_where=sa.text("state = 'open'")
    )
    op.drop_index("ix_conflicts_recent", table_name="conflicts")
    op.drop_index(op.f("ix_conflicts_organization_id"), table_name="conflicts")
    op.drop_table("conflicts")
    op.drop_index(op.f("ix_base_values_organization_id"), table_name="base_values")
    op.drop_table("base_values")
    op.drop_index(
        "uq_variants_organization_id_sku_key",
        table_name="variants",
        postgresql_where=sa.text("sku_key IS NOT NULL"),
    )
    op.drop_index(
        "ix_variants_sku_prefix",
        table_name="variants",
        postgresql_ops={"sku_key": "text_pattern_ops"},
    )
    op.drop_index(op.f("ix_variants_product_id"), table_name="variants")
    op.drop_index(op.f("ix_variants_organization_id"), table_name="variants")
    op.drop_index(
        "ix_variants_gtin", table_name="variants", postgresql_ops={"gtin": "text_pattern_ops"}
    )
    op.drop_table("variants")
    op.drop_index(op.f("ix_product_media_organization_id"), table_name="product_media")
    op.drop_index(op.f("ix_product_media_media_id"), table_name="product_media")
    op.drop_table("product_media")
    op.drop_index(op.f("ix_product_categories_organization_id"), table_name="product_categories")
    op.drop_index(op.f("ix_product_categories_category_id"), table_name="product_categories")
    op.drop_table("product_categories")
    op.drop_index(
        "uq_listings_external",
        table_name="listings",
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.drop_index("ix_listings_state", table_name="listings")
    op.drop_index("ix_listings_product", table_name="listings")
    op.drop_index(op.f("ix_listings_organization_id"), table_name="listings")
    op.drop_table("listings")
    op.drop_index("ix_field_changes_product", table_name="field_changes")
    op.drop_index(op.f("ix_field_changes_organization_id"), table_name="field_changes")
    op.drop_table("field_changes")
    op.drop_index("ix_sync_runs_recent", table_name="sync_runs")
    op.drop_index(op.f("ix_sync_runs_organization_id"), table_name="sync_runs")
    op.drop_index(
        "ix_sync_runs_open",
        table_name="sync_runs",
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
    )
    op.drop_index("ix_sync_runs_connection", table_name="sync_runs")
    op.drop_table("sync_runs")
    op.drop_index(op.f("ix_read_cursors_organization_id"), table_name="read_cursors")
    op.drop_table("read_cursors")
    op.drop_index("ix_products_updated", table_name="products")
    op.drop_index("ix_products_title", table_name="products")
    op.drop_index("ix_products_tags", table_name="products", postgresql_using="gin")
    op.drop_index("ix_products_stock", table_name="products")
    op.drop_index("ix_products_status", table_name="products")
    op.drop_index("ix_products_search", table_name="products", postgresql_using="gin")
    op.drop_index("ix_products_price", table_name="products")
    op.drop_index(op.f("ix_products_organization_id"), table_name="products")
    op.drop_index(
        "ix_products_excluded", table_name="products", postgresql_where=sa.text("is_excluded")
    )
    op.drop_index("ix_products_brand", table_name="products")
    op.drop_table("products")
    op.drop_index(op.f("ix_notice_reads_organization_id"), table_name="notice_reads")
    op.drop_table("notice_reads")
    op.drop_index(op.f("ix_media_bindings_organization_id"), table_name="media_bindings")
    op.drop_index("ix_media_bindings_media", table_name="media_bindings")
    op.drop_table("media_bindings")
    op.drop_index(op.f("ix_import_issues_organization_id"), table_name="import_issues")
    op.drop_index("ix_import_issues_import", table_name="import_issues")
    op.drop_table("import_issues")
    op.drop_index(op.f("ix_exchanges_run_id"), table_name="exchanges")
    op.drop_index(op.f("ix_exchanges_organization_id"), table_name="exchanges")
    op.drop_index("ix_exchanges_connection", table_name="exchanges")
    op.drop_table("exchanges")
    op.drop_index("ix_deliveries_recent", table_name="deliveries")
    op.drop_index(
        "ix_deliveries_received",
        table_name="deliveries",
        postgresql_where=sa.text("state = 'received'"),
    )
    op.drop_index(op.f("ix_deliveries_organization_id"), table_name="deliveries")
    op.drop_table("deliveries")
    op.drop_index(op.f("ix_connection_requests_organization_id"), table_name="connection_requests")
    op.drop_table("connection_requests")
    op.drop_index(op.f("ix_api_use_organization_id"), table_name="api_use")
    op.drop_table("api_use")
    op.drop_index(op.f("ix_user_sessions_user_id"), table_name="user_sessions")
    op.drop_table("user_sessions")
    op.drop_index(op.f("ix_saved_views_organization_id"), table_name="saved_views")
    op.drop_table("saved_views")
    op.drop_index(op.f("ix_notices_organization_id"), table_name="notices")
    op.drop_index("ix_notices_newest", table_name="notices")
    op.drop_table("notices")
    op.drop_index(op.f("ix_notice_preferences_organization_id"), table_name="notice_preferences")
    op.drop_table("notice_preferences")
    op.drop_index(op.f("ix_memberships_user_id"), table_name="memberships")
    op.drop_index(op.f("ix_memberships_organization_id"), table_name="memberships")
    op.drop_table("memberships")
    op.drop_index("ix_media_source", table_name="media")
    op.drop_index("ix_media_sha256", table_name="media")
    op.drop_index(op.f("ix_media_organization_id"), table_name="media")
    op.drop_index("ix_media_due", table_name="media", postgresql_where=sa.text("state = 'waiting'"))
    op.drop_table("media")
    op.drop_index("ix_mails_state", table_name="mails")
    op.drop_index(op.f("ix_mails_organization_id"), table_name="mails")
    op.drop_table("mails")
    op.drop_index(
        "uq_locations_default", table_name="locations", postgresql_where=sa.text("is_default")
    )
    op.drop_index(op.f("ix_locations_organization_id"), table_name="locations")
    op.drop_table("locations")
    op.drop_index(
        "uq_invitations_open",
        table_name="invitations",
        postgresql_where=sa.text("accepted_at IS NULL AND revoked_at IS NULL"),
    )
    op.drop_index(op.f("ix_invitations_organization_id"), table_name="invitations")
    op.drop_table("invitations")
    op.drop_index(op.f("ix_imports_organization_id"), table_name="imports")
    op.drop_table("imports")
    op.drop_index(op.f("ix_import_mappings_organization_id"), table_name="import_mappings")
    op.drop_table("import_mappings")
    op.drop_index(op.f("ix_email_tokens_user_id"), table_name="email_tokens")
    op.drop_table("email_tokens")
    op.drop_index("uq_connections_hook_token", table_name="connections")
    op.drop_index(
        "uq_connections_address",
        table_name="connections",
        postgresql_where=sa.text("state <> 'disconnected'"),
    )
    op.drop_index(op.f("ix_connections_organization_id"), table_name="connections")
    op.drop_table("connections")
    op.drop_index(op.f("ix_categories_parent_id"), table_name="categories")
    op.drop_index(op.f("ix_categories_organization_id"), table_name="categories")
    op.drop_table("categories")
    op.drop_index(op.f("ix_bulk_edits_organization_id"), table_name="bulk_edits")
    op.drop_table("bulk_edits")
    op.drop_index(
        op.f("ix_attribute_definitions_organization_id"), table_name="attribute_definitions"
    )
    op.drop_table("attribute_definitions")
    op.drop_index(op.f("ix_app_keys_organization_id"), table_name="app_keys")
    op.drop_table("app_keys")
    op.drop_table("users")
    op.drop_index("ix_schedules_due", table_name="schedules")
    op.drop_table("schedules")
    op.drop_index(
        "ix_outbox_messages_unsent",
        table_name="outbox_messages",
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.drop_table("outbox_messages")
    op.drop_table("organizations")
    op.drop_index(op.f("ix_dev_mails_recipient"), table_name="dev_mails")
    op.drop_table("dev_mails")
    op.drop_index("ix_audit_entries_subject", table_name="audit_entries")
    op.drop_index("ix_audit_entries_newest", table_name="audit_entries")
    op.drop_table("audit_entries")
    op.drop_index(op.f("ix_attempt_counts_window_ends_at"), table_name="attempt_counts")
    op.drop_table("attempt_counts")
