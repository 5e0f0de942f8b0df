"""audit entries are sealed in a chain

Seals the entries there are: reads audit_entries once, and writes one row for each.

Revision: 0005
Previous: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None

# Entries of the install itself belong to no organization; they lie in the chain of zeros.
CHAIN = (
    "coalesce(nullif(current_setting('app.organization_id', true), '')::uuid,"
    " '00000000-0000-0000-0000-000000000000'::uuid)"
)

# Columns are named one by one: a column added later must not break every seal there is.
DIGEST = """
CREATE FUNCTION audit_digest(previous bytea, number bigint, e audit_entries) RETURNS bytea
LANGUAGE sql STABLE SET search_path = public SET timezone = 'UTC' AS $$
    SELECT sha256(previous || convert_to(jsonb_build_array(
        number, e.id, e.organization_id, e.user_id, e.user_name, e.via, e.action, e.subject_kind,
        e.subject_id, e.summary, e.details, e.ip, e.at, e.created_at
    )::text, 'UTF8'))
$$
"""

# The lock is the last one a transaction takes, because the trigger waits for the commit.
SEAL = """
CREATE FUNCTION seal_audit_entry(e audit_entries) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    its_chain uuid := coalesce(e.organization_id, '00000000-0000-0000-0000-000000000000'::uuid);
    newest audit_seals;
    next bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(6, hashtext(its_chain::text));
    SELECT * INTO newest FROM audit_seals
    WHERE chain = its_chain ORDER BY number DESC LIMIT 1;
    next := coalesce(newest.number, 0) + 1;
    INSERT INTO audit_seals (entry_id, chain, number, digest)
    VALUES (e.id, its_chain, next, audit_digest(coalesce(newest.digest, ''::bytea), next, e));
END
$$
"""
SEAL_NEW = """
CREATE FUNCTION seal_new_audit_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    PERFORM seal_audit_entry(NEW);
    RETURN NULL;
END
$$
"""
BREAKS = """
CREATE FUNCTION audit_breaks() RETURNS TABLE (chain uuid, number bigint, what text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    WITH walked AS (
        SELECT s.chain, s.number, s.digest, e AS entry, e.id IS NULL AS is_removed,
            lag(s.digest, 1, ''::bytea) OVER along AS previous,
            lag(s.number, 1, 0::bigint) OVER along AS before
        FROM audit_seals s LEFT JOIN audit_entries e ON e.id = s.entry_id
        WINDOW along AS (PARTITION BY s.chain ORDER BY s.number)
    )
    SELECT w.chain, w.number, 'was removed' FROM walked w WHERE w.is_removed
    UNION ALL
    SELECT w.chain, w.number, 'follows a seal that was removed' FROM walked w
    WHERE w.number <> w.before + 1
    UNION ALL
    SELECT w.chain, w.number, 'was changed' FROM walked w
    WHERE NOT w.is_removed AND w.digest <> audit_digest(w.previous, w.number, w.entry)
        AND w.number = w.before + 1
    UNION ALL
    SELECT coalesce(e.organization_id, '00000000-0000-0000-0000-000000000000'::uuid), NULL, 'was slipped in without a seal'
    FROM audit_entries e LEFT JOIN audit_seals s ON s.entry_id = e.id WHERE s.entry_id IS NULL
$$
"""
SEAL_THOSE_THERE = """
DO $$
DECLARE
    e audit_entries;
BEGIN
    FOR e IN SELECT * FROM audit_entries ORDER BY at, id LOOP
        PERFORM seal_audit_entry(e);
    END LOOP;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "audit_seals",
        sa.Column("entry_id", sa.UUID(), nullable=False),
        sa.Column("chain", sa.UUID(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit_seals")),
        sa.UniqueConstraint("chain", "number", name=op.f("uq_audit_seals_chain_number")),
    )
    op.execute("ALTER TABLE audit_seals ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY tenant ON audit_seals USING (chain = {CHAIN}) WITH CHECK (chain = {CHAIN})"
    )
    for statement in (DIGEST, SEAL, SEAL_NEW, BREAKS, SEAL_THOSE_THERE):
        op.execute(statement)
    op.execute("REVOKE EXECUTE ON FUNCTION seal_audit_entry FROM PUBLIC")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seals"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER sealed AFTER INSERT ON audit_entries"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION seal_new_audit_entry()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER sealed ON audit_entries")
    for name in ("audit_breaks", "seal_new_audit_entry", "seal_audit_entry", "audit_digest"):
        op.execute(f"DROP FUNCTION {name}")
    op.drop_table("audit_seals")
