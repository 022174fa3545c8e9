-- name: q_schedule_put :exec (text kind, bigint seconds)
INSERT INTO schedules (kind, period) VALUES ($1, make_interval(secs => $2))
ON CONFLICT (kind) DO UPDATE SET period = EXCLUDED.period

-- name: q_schedule_keep :exec (text[] kinds)
DELETE FROM schedules WHERE kind <> ALL ($1)

-- name: q_schedule_fire :many ()
-- Due schedules become jobs; the next time counts from now, so a stop of hours makes one job.
WITH due AS (SELECT kind FROM schedules WHERE next_run_at <= shop_now() FOR UPDATE SKIP LOCKED),
u AS (UPDATE schedules s SET next_run_at = shop_now() + period, last_run_at = shop_now() FROM due WHERE s.kind = due.kind)
INSERT INTO jobs (kind, dedupe) SELECT kind, 'schedule' FROM due
ON CONFLICT (kind, dedupe) WHERE state = 'ready' AND attempt = 0 AND dedupe IS NOT NULL DO NOTHING RETURNING id

-- name: q_job_take :opt (bigint seconds, text[] first, text[] refused)
-- The next one that is due, of those kinds that come first or else of any not refused, or one whose worker
-- has vanished.
UPDATE jobs SET state = 'running', attempt = attempt + 1, locked_until = shop_now() + make_interval(secs => $1)
 WHERE id = coalesce(
           (SELECT id FROM jobs WHERE state = 'ready' AND kind = ANY ($2) AND run_at <= (SELECT shop_now())
             ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED),
           (SELECT id FROM jobs WHERE state = 'ready' AND kind <> ALL ($3) AND run_at <= (SELECT shop_now())
             ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED),
           (SELECT id FROM jobs WHERE state = 'running' AND kind <> ALL ($3) AND locked_until < (SELECT shop_now())
             ORDER BY locked_until LIMIT 1 FOR UPDATE SKIP LOCKED))
RETURNING id, kind, attempt, payload::text AS payload, request_id

-- name: q_job_done :exec (bigint id, bigint attempt)
UPDATE jobs SET state = 'done', locked_until = NULL, finished_at = shop_now() WHERE id = $1 AND attempt = $2 AND state = 'running'

-- name: q_job_retry :exec (bigint id, bigint attempt, text why, bigint seconds)
UPDATE jobs SET state = 'ready', locked_until = NULL, last_error = $3, run_at = shop_now() + make_interval(secs => $4)
 WHERE id = $1 AND attempt = $2 AND state = 'running'

-- name: q_job_dead :exec (bigint id, bigint attempt, text why)
UPDATE jobs SET state = 'dead', locked_until = NULL, last_error = $3, finished_at = shop_now()
 WHERE id = $1 AND attempt = $2 AND state = 'running'

-- name: q_job_revive :opt (bigint id)
UPDATE jobs SET state = 'ready', attempt = 0, dedupe = NULL, run_at = shop_now(), finished_at = NULL WHERE id = $1 AND state = 'dead' RETURNING id

-- name: q_jobs_dead :one ()
SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'kind', kind, 'attempts', attempt, 'last_error', last_error,
       'created_at', rfc3339(created_at), 'finished_at', rfc3339(finished_at)) ORDER BY id DESC), '[]')::text AS items
  FROM (SELECT * FROM jobs WHERE state = 'dead' ORDER BY id DESC LIMIT 100) d

-- name: q_jobs_purge :exec ()
DELETE FROM jobs WHERE (state = 'done' AND finished_at < shop_now() - interval '7 days')
                    OR (state = 'dead' AND finished_at < shop_now() - interval '90 days')

-- name: q_invoice_seal :many ()
-- Numbers follow without a gap because one job at a time gives them, to what has been committed.
INSERT INTO invoices (number, kind, order_id, refund_id)
SELECT coalesce((SELECT max(number) FROM invoices), 0) + row_number() OVER (ORDER BY d.at, d.order_id, d.refund_id NULLS FIRST),
       d.kind, d.order_id, d.refund_id
  FROM (SELECT 'invoice' AS kind, o.id AS order_id, NULL::bigint AS refund_id, coalesce(o.paid_at, o.placed_at) AS at FROM orders o
         WHERE (o.paid_at IS NOT NULL OR o.status IN ('processing', 'shipped', 'delivered', 'returned'))
           AND NOT EXISTS (SELECT 1 FROM invoices i WHERE i.order_id = o.id AND i.kind = 'invoice')
        UNION ALL
        SELECT 'credit_note', r.order_id, r.id, r.created_at FROM refunds r
         WHERE r.order_id IS NOT NULL AND r.currency = 'IRT' AND r.status NOT IN ('awaiting_approval', 'refused')
           AND NOT EXISTS (SELECT 1 FROM invoices i WHERE i.refund_id = r.id)) d
RETURNING number

-- name: q_message_order :opt (bigint order_id, bigint payment)
-- Without an order: news of a payment that has none (store credit).
SELECT o.number, o.total, o.due, c.phone, coalesce(c.lang, 'fa') AS lang, c.name,
       (SELECT s.tracking_number FROM shipments s WHERE s.order_id = o.id ORDER BY s.id DESC LIMIT 1) AS tracking_number,
       (SELECT l.token FROM payment_links l WHERE l.order_id = o.id) AS pay_token,
       p.status AS payment_status, CASE WHEN p.received_rial > 0 THEN p.received_rial / 10 ELSE p.amount END AS amount
  FROM (SELECT $1::bigint AS order_id, $2::bigint AS payment_id) x
  LEFT JOIN orders o ON o.id = x.order_id LEFT JOIN payments p ON p.id = x.payment_id
  JOIN customers c ON c.id = coalesce(o.customer_id, p.customer_id)

-- name: q_message_refund :opt (bigint id)
-- What the gateway would not take back is transferred by a person, wherever it was to go.
SELECT r.amount, r.currency, CASE WHEN r.status = 'awaiting_transfer' OR r.event = 'transfer' THEN 'manual' ELSE r.target END AS target,
       r.status, r.reference, o.number, c.phone, r.bounced_at IS NOT NULL AND r.status = 'awaiting_transfer' AS bounced, r.iban IS NOT NULL AS iban,
       coalesce(c.lang, 'fa') AS lang, c.name
  FROM refunds r JOIN customers c ON c.id = r.customer_id LEFT JOIN orders o ON o.id = r.order_id WHERE r.id = $1
