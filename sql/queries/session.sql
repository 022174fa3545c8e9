-- Sessions and refresh tokens.

-- name: q_session_open :one (bigint customer, bigint staff, text client, text agent, bigint seconds)
INSERT INTO sessions (customer_id, staff_id, client, agent, expires_at)
VALUES ($1, $2, $3, $4, shop_now() + make_interval(secs => $5))
RETURNING id, floor(extract(epoch FROM shop_now()))::bigint AS now

-- name: q_session_live :opt (bigint id)
SELECT s.customer_id, s.staff_id, coalesce(st.username, c.name, '') AS name, st.role,
       floor(extract(epoch FROM shop_now()))::bigint AS now
  FROM sessions s
  LEFT JOIN customers c ON c.id = s.customer_id
  LEFT JOIN staff st ON st.id = s.staff_id
 WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > shop_now()
   AND c.erased_at IS NULL AND st.disabled_at IS NULL

-- name: q_session_seen :exec (bigint id)
UPDATE sessions SET last_seen_at = shop_now() WHERE id = $1

-- name: q_session_end :exec (bigint id, text reason)
UPDATE sessions SET ended_at = shop_now(), end_reason = $2 WHERE id = $1 AND ended_at IS NULL

-- name: q_session_end_by_token :exec (text hash)
UPDATE sessions s SET ended_at = shop_now(), end_reason = 'logout'
  FROM refresh_tokens r
 WHERE r.hash = $1 AND s.id = r.session_id AND s.ended_at IS NULL

-- name: q_session_end_own :opt (bigint id, bigint customer, bigint staff)
UPDATE sessions SET ended_at = shop_now(), end_reason = 'ended_by_owner'
 WHERE id = $1 AND (customer_id = $2 OR staff_id = $3) AND ended_at IS NULL
RETURNING id

-- name: q_session_end_all :exec (bigint customer, bigint staff, bigint keep, text reason)
UPDATE sessions SET ended_at = shop_now(), end_reason = $4
 WHERE (customer_id = $1 OR staff_id = $2) AND id <> $3 AND ended_at IS NULL

-- name: q_session_list :many (bigint customer, bigint staff)
SELECT id, client, agent, rfc3339(created_at) AS created_at, rfc3339(last_seen_at) AS last_used_at
  FROM sessions
 WHERE (customer_id = $1 OR staff_id = $2) AND ended_at IS NULL AND expires_at > shop_now()
 ORDER BY id DESC LIMIT 100

-- name: q_session_proved :opt (bigint id)
SELECT proved_at > shop_now() - interval '10 minutes' AS recently FROM sessions WHERE id = $1

-- name: q_session_prove :exec (bigint id)
UPDATE sessions SET proved_at = shop_now() WHERE id = $1

-- name: q_refresh_add :exec (text hash, bigint session, bigint seconds)
INSERT INTO refresh_tokens (hash, session_id, expires_at)
VALUES ($1, $2, shop_now() + make_interval(secs => $3))

-- name: q_refresh_lock :opt (text hash)
SELECT r.session_id, r.successor, r.used_at IS NOT NULL AS used,
       coalesce(r.used_at > shop_now() - interval '20 seconds', false) AS in_grace,
       r.expires_at > shop_now() AS fresh,
       s.ended_at IS NULL AND s.expires_at > shop_now() AND c.erased_at IS NULL
           AND st.disabled_at IS NULL AS live,
       s.customer_id, s.staff_id, coalesce(st.username, c.name, '') AS name, st.role,
       floor(extract(epoch FROM shop_now()))::bigint AS now
  FROM refresh_tokens r
  JOIN sessions s ON s.id = r.session_id
  LEFT JOIN customers c ON c.id = s.customer_id
  LEFT JOIN staff st ON st.id = s.staff_id
 WHERE r.hash = $1
   FOR NO KEY UPDATE OF r

-- name: q_refresh_use :exec (text hash, text successor)
UPDATE refresh_tokens SET used_at = shop_now(), successor = $2 WHERE hash = $1

-- Scoped keys of machines.
-- name: q_apikey_live :opt (text hash)
SELECT k.id, k.name, k.staff_id, array_to_string(k.permissions, ' ') AS permissions, st.role
  FROM api_keys k JOIN staff st ON st.id = k.staff_id
 WHERE k.hash = $1 AND k.revoked_at IS NULL AND st.disabled_at IS NULL
   AND (k.expires_at IS NULL OR k.expires_at > shop_now())

-- name: q_apikey_used :exec (bigint id)
UPDATE api_keys SET used_at = shop_now()
 WHERE id = $1 AND (used_at IS NULL OR used_at < shop_now() - interval '1 minute')

-- name: q_apikey_add :one (bigint staff, text name, text hash, text[] permissions, bigint days)
INSERT INTO api_keys (staff_id, name, hash, permissions, expires_at)
VALUES ($1, $2, $3, $4, shop_now() + make_interval(days => $5::int))
RETURNING id

-- name: q_apikey_revoke :opt (bigint id)
UPDATE api_keys SET revoked_at = shop_now() WHERE id = $1 AND revoked_at IS NULL RETURNING name

-- name: q_apikey_list :many ()
SELECT k.id, k.name, st.username, array_to_string(k.permissions, ' ') AS permissions,
       rfc3339(k.created_at) AS created_at, rfc3339(k.used_at) AS used_at,
       rfc3339(k.expires_at) AS expires_at, rfc3339(k.revoked_at) AS revoked_at
  FROM api_keys k JOIN staff st ON st.id = k.staff_id
 ORDER BY k.id DESC LIMIT 200
