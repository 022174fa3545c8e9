-- name: q_settings :many ()
SELECT key, value #>> '{}' AS value FROM settings

-- name: q_setting_store :exec (text key, text value)
INSERT INTO settings (key, value) VALUES ($1, $2::jsonb)
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, updated_at = clock_timestamp()

-- name: q_setting_changes :one (bigint max)
-- The last changes, newest first: who, when, which keys from what to what.
SELECT coalesce(jsonb_agg(jsonb_build_object('at', rfc3339(a.at), 'actor', a.actor_name, 'keys',
           (SELECT jsonb_agg(jsonb_build_object('key', k.key, 'old', a.before -> k.key, 'new', a.after -> k.key) ORDER BY k.key)
              FROM jsonb_object_keys(a.after) k(key))) ORDER BY a.id DESC), '[]')::text AS items
  FROM (SELECT * FROM audit_log WHERE action = 'settings.change' ORDER BY id DESC LIMIT $1) a
