-- Settlement files of payment gateways (shop/settlement.c).

-- name: q_settlement_find :opt (text gateway, text hash)
SELECT id FROM settlements WHERE gateway = $1 AND hash = $2

-- name: q_settlement_add :one (text gateway, text file_name, text hash)
INSERT INTO settlements (gateway, file_name, hash) VALUES ($1, $2, $3) RETURNING id

-- name: q_settlement_rows_add :many (bigint settlement, bigint[] lines, text[] kinds, text[] tracks, text[] references, bigint[] amounts, bigint[] fees, text[] problems, text[] raws)
-- Blank texts and amounts of 0 are what the file does not tell.
INSERT INTO settlement_rows (settlement_id, line, kind, track_id, reference, amount, fee, problem, raw)
SELECT $1, u.line::int, nullif(u.kind, ''), nullif(u.track, ''), nullif(u.reference, ''), nullif(u.amount, 0), u.fee, nullif(u.problem, ''), u.raw
  FROM unnest($2, $3, $4, $5, $6, $7, $8, $9) u(line, kind, track, reference, amount, fee, problem, raw) RETURNING line

-- name: q_settlement_route :opt (text uuid)
SELECT id, posted_at IS NOT NULL AS posted FROM settlements WHERE uuid = $1::uuid

-- name: q_settlement_uuid :opt (bigint id)
SELECT uuid::text AS uuid FROM settlements WHERE id = $1

-- name: q_settlement_seen :opt (text uuid)
SELECT id, settlement_json(f)::text AS settlement FROM settlements f WHERE uuid = $1::uuid

-- name: q_settlement_matched :many (bigint id)
SELECT DISTINCT ON (payment_id, refund_id) line, kind, amount, fee, payment_id, refund_id, currency,
       (SELECT order_id FROM payments p WHERE p.id = s.payment_id) AS order_id
  FROM settlement_states($1) s WHERE state = 'matched' ORDER BY payment_id, refund_id, line

-- name: q_settlement_row_posted :one (bigint settlement, bigint line, bigint payment, bigint refund)
UPDATE settlement_rows SET payment_id = $3, refund_id = $4, posted_at = shop_now() WHERE settlement_id = $1 AND line = $2::int RETURNING line

-- name: q_settlement_posted :one (bigint id)
UPDATE settlements SET posted_at = shop_now(), posted_by = actor_name() WHERE id = $1 RETURNING id

-- name: q_settlement_drop :many (text uuid)
DELETE FROM settlements WHERE uuid = $1::uuid AND posted_at IS NULL RETURNING id

-- name: q_settlement_list :one (bigint before, bigint max)
WITH page AS (SELECT f.* FROM settlements f WHERE $1 IS NULL OR f.id < $1 ORDER BY f.id DESC LIMIT $2)
SELECT coalesce(jsonb_agg(settlement_brief_json(p) ORDER BY p.id DESC), '[]')::text AS items,
       CASE WHEN count(*) = $2 THEN min(p.id) END AS next FROM page p

-- name: q_settlement_lines :many (bigint id, text state)
-- Rows of the file, then what the books have beyond it.
SELECT x.* FROM (
    SELECT s.line, s.state, s.kind, s.track_id, s.reference, s.amount, s.fee, s.expected, s.problem, s.raw,
           (SELECT o.number FROM payments p JOIN orders o ON o.id = p.order_id WHERE p.id = s.payment_id) AS number
      FROM settlement_states($1) s
    UNION ALL
    SELECT NULL, 'missing_in_file', m.kind, m.track_id, m.reference, NULL, NULL, m.rial, NULL, NULL,
           (SELECT o.number FROM orders o WHERE o.id = m.order_id)
      FROM settlement_missing($1) m) x
 WHERE $2 IS NULL OR x.state = $2 ORDER BY x.line NULLS LAST, x.track_id LIMIT 6000
