-- Statements of the database layer itself: transactions, locks, claims, outbox.

-- name: q_tx_begin :exec ()
BEGIN

-- name: q_tx_context :one (text actor_kind, text actor_id, text actor_name, text request_id)
SELECT pg_current_xact_id()::text AS xid,
       set_config('tarazu.actor_kind', $1, true), set_config('tarazu.actor_id', $2, true),
       set_config('tarazu.actor_name', $3, true), set_config('tarazu.request_id', $4, true)

-- name: q_tx_commit :exec ()
COMMIT

-- name: q_tx_rollback :exec ()
ROLLBACK

-- name: q_tx_status :one (text xid)
SELECT coalesce(pg_xact_status($1::xid8), 'lost') AS status

-- name: q_ping :one ()
SELECT 1 AS one

-- name: q_lock_keys :many (bigint[] keys)
SELECT pg_advisory_xact_lock(k) FROM unnest($1) AS k

-- name: q_claim_look :opt (text scope, text route, text key)
SELECT fingerprint, status, location, body FROM idempotency_keys
 WHERE scope = $1 AND route = $2 AND key = $3 AND status IS NOT NULL

-- name: q_claim_patience :exec ()
SET LOCAL lock_timeout = '2s'

-- name: q_claim_insert :one (text scope, text route, text key, text fingerprint)
INSERT INTO idempotency_keys (scope, route, key, fingerprint) VALUES ($1, $2, $3, $4) RETURNING id

-- name: q_claim_patience_over :exec ()
SET LOCAL lock_timeout TO DEFAULT

-- name: q_claim_store :exec (bigint id, bigint status, text location, text body)
UPDATE idempotency_keys SET status = $2, location = $3, body = $4 WHERE id = $1

-- name: q_claim_purge :exec ()
DELETE FROM idempotency_keys WHERE created_at < shop_now() - interval '24 hours'

-- name: q_outbox_add :exec (text kind, text dedupe, text payload, bigint delay_seconds, text request_id)
INSERT INTO jobs (kind, dedupe, payload, run_at, request_id)
VALUES ($1, $2, $3::jsonb, shop_now() + make_interval(secs => $4), $5)
ON CONFLICT (kind, dedupe) WHERE state = 'ready' AND attempt = 0 AND dedupe IS NOT NULL DO NOTHING

-- name: q_resource :opt (text kind, bigint id, text lang)
SELECT resource_json($1, $2, $3) AS body

-- name: q_claim_store_resource :opt (bigint claim, bigint status, text location, text kind, bigint id, text lang)
UPDATE idempotency_keys SET status = $2, location = $3, body = resource_json($4, $5, $6) WHERE id = $1 RETURNING body
