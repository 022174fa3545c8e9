-- name: q_settings :many ()
SELECT key, value #>> '{}' AS value FROM settings

-- name: q_setting_store :exec (text key, text value)
INSERT INTO settings (key, value) VALUES ($1, $2::jsonb)
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, updated_at = clock_timestamp()
