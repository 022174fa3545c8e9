-- Proof of work.

-- name: q_now :one ()
SELECT floor(extract(epoch FROM shop_now()))::bigint AS now

-- Captchas that an address has redeemed in the last hour.
-- name: q_captcha_history :one (text who)
SELECT coalesce((SELECT hits FROM rate_counters WHERE class = 'captcha' AND who = $1
                    AND started_at > shop_now() - interval '1 hour'), 0)::bigint AS solved,
       floor(extract(epoch FROM shop_now()))::bigint AS now

-- The first request to bring a solution has it; that request may bring it again.
-- name: q_captcha_use :opt (text signature, text request_id, bigint expires_at, text who)
WITH taken AS (
    INSERT INTO captcha_used AS u (signature, request_id, expires_at) VALUES ($1, $2, to_timestamp($3))
    ON CONFLICT (signature) DO UPDATE SET request_id = u.request_id
     WHERE u.request_id = excluded.request_id
    RETURNING xmax = 0 AS fresh
), counted AS (
    INSERT INTO rate_counters AS c (class, who) SELECT 'captcha', $4 FROM taken WHERE fresh
    ON CONFLICT (class, who) DO UPDATE
       SET hits = CASE WHEN c.started_at > shop_now() - interval '1 hour' THEN c.hits + 1 ELSE 1 END,
           started_at = CASE WHEN c.started_at > shop_now() - interval '1 hour' THEN c.started_at
                             ELSE shop_now() END
)
SELECT fresh FROM taken

-- Tickets are counted before they are taken: one too many of an address stays unused.
-- name: q_ticket_use :opt (text signature, text request_id, bigint expires_at, text who, bigint most)
WITH counted AS (
    INSERT INTO rate_counters AS c (class, who)
    SELECT 'ticket', $4 WHERE NOT EXISTS (SELECT FROM captcha_used WHERE signature = $1)
    ON CONFLICT (class, who) DO UPDATE
       SET hits = CASE WHEN c.started_at > shop_now() - interval '1 hour' THEN c.hits + 1 ELSE 1 END,
           started_at = CASE WHEN c.started_at > shop_now() - interval '1 hour' THEN c.started_at
                             ELSE shop_now() END
    RETURNING hits
)
INSERT INTO captcha_used AS u (signature, request_id, expires_at)
SELECT $1, $2, to_timestamp($3) WHERE coalesce((SELECT hits FROM counted), 0) <= $5
ON CONFLICT (signature) DO UPDATE SET request_id = u.request_id WHERE u.request_id = excluded.request_id
RETURNING signature
