-- Operators' figures that only the database knows.

-- name: q_ops_gauges :one ()
SELECT (SELECT count(*) FROM jobs WHERE state IN ('ready', 'running')) AS jobs_waiting,
       (SELECT count(*) FROM jobs WHERE state = 'dead') AS jobs_dead,
       (SELECT coalesce(greatest(extract(epoch FROM shop_now() - min(run_at))::bigint, 0), 0)
          FROM jobs WHERE state = 'ready' AND run_at <= shop_now()) AS outbox_age,
       (SELECT count(*) FROM payments p WHERE p.status IN ('unknown', 'in_review'))
       + (SELECT count(DISTINCT r.payment_id) FROM (
              SELECT payment_id FROM refunds WHERE status NOT IN ('done', 'refused')
              UNION ALL SELECT payment_id FROM refunds WHERE status = 'done' AND event = 'complete' AND settled_at IS NULL AND ask_at IS NULL) r) AS unresolved_money,
       (SELECT count(*) FROM stock_alerts WHERE ended_at IS NULL) AS low_stock,
       (SELECT coalesce(sum(strangers), 0)::bigint FROM sms_budget WHERE hour = date_trunc('hour', shop_now())) AS sms_strangers
