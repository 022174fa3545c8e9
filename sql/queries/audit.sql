-- The audit log and its seals.

-- name: q_audit_add :exec (text action, text target, text before, text after, text client)
INSERT INTO audit_log (action, target, before, after, client)
VALUES ($1, $2, $3::jsonb, $4::jsonb, nullif($5, ''))

-- name: q_audit_last_seal :opt ()
SELECT seq, seal FROM audit_seals ORDER BY seq DESC LIMIT 1

-- Rows of transactions that are over, in the order of their ids.
-- name: q_audit_unsealed :many (bigint most)
SELECT a.id, audit_canonical(a) AS text
  FROM audit_log a
 WHERE a.xid < pg_snapshot_xmin(pg_current_snapshot())
   AND NOT EXISTS (SELECT FROM audit_seals s WHERE s.audit_id = a.id)
 ORDER BY a.id LIMIT $1

-- name: q_audit_seal :exec (bigint seq, bigint audit_id, text seal)
INSERT INTO audit_seals (seq, audit_id, seal) VALUES ($1, $2, $3)

-- name: q_audit_figures :one ()
SELECT (SELECT count(*) FROM audit_log)::bigint AS rows,
       (SELECT count(*) FROM audit_log a
         WHERE NOT EXISTS (SELECT FROM audit_seals s WHERE s.audit_id = a.id))::bigint AS waiting,
       (SELECT extract(epoch FROM shop_now() - max(sealed_at))::bigint FROM audit_seals) AS newest_age,
       (SELECT min(s.audit_id) FROM audit_seals s
         WHERE NOT EXISTS (SELECT FROM audit_log a WHERE a.id = s.audit_id)) AS skipped,
       (SELECT min(id) FROM (
            SELECT a.id, a.at, max(a.at) OVER (ORDER BY s.seq) AS newest
              FROM audit_seals s JOIN audit_log a ON a.id = s.audit_id) AS chain
         WHERE at < newest - interval '1 hour') AS late,
       (SELECT min(a.id) FROM audit_log a
         WHERE a.at < shop_now() - interval '10 minutes'
           AND NOT EXISTS (SELECT FROM audit_seals s WHERE s.audit_id = a.id)) AS overdue

-- name: q_audit_chain :many (bigint after, bigint most)
SELECT s.seq, s.audit_id, s.seal, CASE WHEN a.id IS NOT NULL THEN audit_canonical(a) END AS text
  FROM audit_seals s LEFT JOIN audit_log a ON a.id = s.audit_id
 WHERE s.seq > $1 ORDER BY s.seq LIMIT $2

-- Days are those of Tehran, both inclusive.
-- name: q_audit_list :many (text actor, text action, text target, bigint from_second, bigint to_second, bigint below, bigint most)
SELECT id, rfc3339(at) AS at, actor_kind, actor_name AS actor, action, target, before::text AS before,
       after::text AS after, request_id, client
  FROM audit_log
 WHERE ($1 IS NULL OR actor_name = $1) AND ($2 IS NULL OR starts_with(action, $2))
   AND ($3 IS NULL OR target = $3)
   AND ($4 IS NULL OR at >= date_trunc('day', to_timestamp($4) AT TIME ZONE 'Asia/Tehran') AT TIME ZONE 'Asia/Tehran')
   AND ($5 IS NULL OR at < (date_trunc('day', to_timestamp($5) AT TIME ZONE 'Asia/Tehran') + interval '1 day') AT TIME ZONE 'Asia/Tehran')
   AND ($6 = 0 OR id < $6)
 ORDER BY id DESC LIMIT $7
