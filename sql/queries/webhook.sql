-- The provider's messages on the staff's page (routes/admin_payment.c).

-- name: q_webhook_list :one (bigint before, bigint max)
-- Accepted and refused ones together, newest first; `place` orders them by their microsecond.
WITH events AS (
    SELECT (extract(epoch FROM received_at) * 1000000)::bigint * 2 AS place, id, 'accepted' AS outcome, gateway, gateway_ref,
           payment_id, body, NULL::text AS reason, NULL::text AS client, received_at FROM webhook_events
    UNION ALL
    SELECT (extract(epoch FROM received_at) * 1000000)::bigint * 2 + 1, NULL, 'refused', NULL, NULL, NULL, NULL, reason, client,
           received_at FROM webhook_refusals),
page AS (SELECT * FROM events WHERE $1 IS NULL OR place < $1 ORDER BY place DESC LIMIT $2)
SELECT coalesce(jsonb_agg(jsonb_build_object('id', e.id, 'outcome', e.outcome, 'gateway', e.gateway, 'gateway_ref', e.gateway_ref,
           'body', e.body, 'reason', e.reason, 'client', e.client, 'received_at', rfc3339(e.received_at),
           'payment', p.uuid, 'payment_status', p.status, 'order', (SELECT number FROM orders o WHERE o.id = p.order_id))
           ORDER BY e.place DESC), '[]')::text AS items,
       CASE WHEN count(*) = $2 THEN min(e.place) END AS next
  FROM page e LEFT JOIN payments p ON p.id = e.payment_id

-- name: q_webhook_event :opt (bigint id)
SELECT coalesce(e.payment_id, (SELECT p.id FROM payments p WHERE p.gateway = e.gateway AND p.gateway_ref = e.gateway_ref)) AS payment
  FROM webhook_events e WHERE e.id = $1
