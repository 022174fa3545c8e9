-- Staff accounts.

-- name: q_staff_login :opt (text username)
SELECT id, password_hash, totp_secret, totp_last_step, floor(extract(epoch FROM shop_now()))::bigint AS now
  FROM staff WHERE username = $1 AND disabled_at IS NULL

-- Takes a time step for one login.
-- name: q_staff_step :opt (bigint id, bigint step)
UPDATE staff SET totp_last_step = $2, last_login_at = shop_now()
 WHERE id = $1 AND totp_last_step < $2 AND disabled_at IS NULL RETURNING id

-- name: q_staff_rehash :exec (bigint id, text hash)
UPDATE staff SET password_hash = $2 WHERE id = $1

-- name: q_staff_add :opt (text username, text name, text role, text hash, text totp)
INSERT INTO staff (username, name, role, password_hash, totp_secret) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (username) DO NOTHING RETURNING id

-- name: q_staff_reset :opt (text username, text hash, text totp)
UPDATE staff SET password_hash = $2, totp_secret = $3, totp_last_step = 0 WHERE username = $1 RETURNING id

-- name: q_staff_role :opt (text username, text role)
WITH old AS (SELECT id, role FROM staff WHERE username = $1 FOR UPDATE)
UPDATE staff s SET role = $2 FROM old WHERE s.id = old.id RETURNING s.id, old.role AS old_role

-- name: q_staff_disable :opt (text username, bool disabled)
UPDATE staff SET disabled_at = CASE WHEN $2 THEN coalesce(disabled_at, shop_now()) END
 WHERE username = $1 RETURNING id

-- name: q_staff_list :many ()
SELECT id, username, name, role, rfc3339(created_at) AS created_at, rfc3339(last_login_at) AS last_login_at,
       disabled_at IS NOT NULL AS disabled
  FROM staff ORDER BY username LIMIT 500
