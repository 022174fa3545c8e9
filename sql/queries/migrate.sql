-- Bookkeeping of migrations (db/migrate.c).

-- name: q_migrate_lock :one (bigint key)
SELECT pg_advisory_lock($1)

-- name: q_migrate_unlock :one (bigint key)
SELECT pg_advisory_unlock($1) AS released

-- name: q_migrate_table :exec ()
CREATE TABLE IF NOT EXISTS schema_migrations (
    name       text PRIMARY KEY,
    sha256     text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)

-- name: q_migrate_grant :exec ()
GRANT SELECT ON schema_migrations TO tarazu_web, tarazu_order, tarazu_pay, tarazu_job, tarazu_readonly

-- name: q_migrate_list :many ()
SELECT name, sha256 FROM schema_migrations ORDER BY name

-- name: q_migrate_record :exec (text name, text sha256)
INSERT INTO schema_migrations (name, sha256) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET sha256 = EXCLUDED.sha256, applied_at = clock_timestamp()
