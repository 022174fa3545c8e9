-- One-time codes.

-- name: q_otp_phone_lock :exec (text phone)
INSERT INTO otp_phones (phone) VALUES ($1) ON CONFLICT (phone) DO UPDATE SET phone = excluded.phone

-- name: q_otp_state :opt (text phone)
SELECT floor(extract(epoch FROM t.now - p.sent_at))::bigint AS since_sms,
       CASE WHEN p.day_started > t.now - interval '24 hours' THEN p.day_sent ELSE 0 END::bigint AS day_sent,
       coalesce(ceil(extract(epoch FROM p.day_started + interval '24 hours' - t.now)), 0)::bigint AS day_left,
       p.unproved::bigint AS unproved,
       k.id::text AS code_id,
       coalesce(k.used_at IS NULL AND k.expires_at > t.now, false) AS code_alive,
       floor(extract(epoch FROM k.expires_at - t.now))::bigint AS code_left,
       k.challenges::bigint AS challenges,
       EXISTS (SELECT FROM customers c WHERE c.phone = p.phone) AS known,
       coalesce(b.strangers, 0)::bigint AS strangers,
       ceil(extract(epoch FROM date_trunc('hour', t.now) + interval '1 hour' - t.now))::bigint AS hour_left
  FROM (SELECT shop_now() AS now) t
  JOIN otp_phones p ON p.phone = $1
  LEFT JOIN LATERAL (SELECT * FROM otp_codes WHERE phone = p.phone
                      ORDER BY created_at DESC LIMIT 1) k ON true
  LEFT JOIN sms_budget b ON b.hour = date_trunc('hour', t.now)

-- name: q_otp_code_add :exec (text id, text phone, text hash, bigint seconds)
INSERT INTO otp_codes (id, phone, hash, expires_at)
VALUES ($1::uuid, $2, $3, shop_now() + make_interval(secs => $4))

-- name: q_otp_phone_sent :exec (text phone)
UPDATE otp_phones
   SET sent_at = shop_now(), unproved = unproved + 1,
       day_sent = CASE WHEN day_started > shop_now() - interval '24 hours' THEN day_sent + 1 ELSE 1 END,
       day_started = CASE WHEN day_started > shop_now() - interval '24 hours' THEN day_started
                          ELSE shop_now() END
 WHERE phone = $1

-- Makes everybody who would spend of this hour's budget stand in line.
-- name: q_sms_budget_lock :one ()
INSERT INTO sms_budget AS b (hour) VALUES (date_trunc('hour', shop_now()))
ON CONFLICT (hour) DO UPDATE SET strangers = b.strangers
RETURNING strangers::bigint AS strangers

-- name: q_sms_budget_count :exec (bigint strangers, bigint known, bigint withheld)
INSERT INTO sms_budget AS b (hour, strangers, known, withheld)
VALUES (date_trunc('hour', shop_now()), $1, $2, $3)
ON CONFLICT (hour) DO UPDATE SET strangers = b.strangers + excluded.strangers,
    known = b.known + excluded.known, withheld = b.withheld + excluded.withheld

-- name: q_otp_challenge_add :exec (text id, text code_id, text purpose, bigint customer, bigint attempts, text client)
WITH counted AS (UPDATE otp_codes SET challenges = challenges + 1 WHERE id = $2::uuid RETURNING id)
INSERT INTO otp_challenges (id, code_id, purpose, customer_id, attempts_left, client)
VALUES ($1::uuid, $2::uuid, $3, $4, $5, $6)

-- Spends an attempt; the row's own lock makes simultaneous guesses stand in line.
-- name: q_otp_try :opt (text challenge, text phone, text purpose, bigint customer)
UPDATE otp_challenges h SET attempts_left = attempts_left - 1
  FROM otp_codes k
 WHERE h.id = $1::uuid AND k.id = h.code_id AND k.phone = $2 AND h.purpose = $3
   AND coalesce(h.customer_id, 0) = $4 AND h.attempts_left > 0
   AND k.used_at IS NULL AND k.expires_at > shop_now()
RETURNING k.id::text AS code_id, k.hash, h.attempts_left::bigint AS attempts_left

-- name: q_otp_take :opt (text code_id)
WITH taken AS (
    UPDATE otp_codes SET used_at = shop_now() WHERE id = $1::uuid AND used_at IS NULL RETURNING phone
), proved AS (
    UPDATE otp_phones p SET unproved = 0 FROM taken t WHERE p.phone = t.phone
)
SELECT phone FROM taken

-- name: q_otp_sending :opt (text id)
SELECT phone, expires_at <= shop_now() AS expired FROM otp_codes WHERE id = $1::uuid AND used_at IS NULL

-- name: q_otp_lift :exec (text phone)
UPDATE otp_phones SET sent_at = NULL, day_sent = 0, unproved = 0 WHERE phone = $1

-- Tells whether it is the first fault of its kind in a day: the owner is written to once.
-- name: q_sms_log_add :one (text phone, text kind, text outcome, text message_id, bigint status, text problem, bool fault, text request_id)
INSERT INTO sms_log (phone, kind, outcome, message_id, provider_status, problem, shop_fault, request_id)
VALUES ($1, $2, $3, $4, $5, left($6, 500), $7, $8)
RETURNING $7 AND NOT EXISTS (SELECT FROM sms_log l
    WHERE l.shop_fault AND l.at > shop_now() - interval '1 day' AND l.provider_status = $5) AS first_fault

-- What the shop's own account has kept from being sent in the last day.
-- name: q_sms_faults :many ()
SELECT problem, provider_status::bigint AS provider_status, count(*)::bigint AS messages, rfc3339(max(at)) AS last_at
  FROM sms_log WHERE shop_fault AND at > shop_now() - interval '1 day'
 GROUP BY problem, provider_status ORDER BY max(at) DESC

-- name: q_sms_log_list :many (text phone, bigint below, bigint most)
SELECT id, rfc3339(at) AS at, phone, kind, outcome, message_id, provider_status::bigint AS provider_status,
       problem, delivery, request_id
  FROM sms_log WHERE ($1 IS NULL OR phone = $1) AND ($2 = 0 OR id < $2)
 ORDER BY id DESC LIMIT $3

-- Taken by the provider, and not yet known to have arrived; those that were asked about longest ago come first.
-- name: q_sms_undecided :many (bigint most)
SELECT id, message_id FROM sms_log
 WHERE outcome = 'sent' AND delivery IS NULL AND message_id IS NOT NULL AND at > shop_now() - interval '2 hours'
 ORDER BY delivery_asked_at NULLS FIRST, id LIMIT $1

-- name: q_sms_decided :exec (bigint id, text delivery)
UPDATE sms_log SET delivery = $2, delivery_asked_at = shop_now() WHERE id = $1

-- name: q_sms_budget_list :many ()
SELECT rfc3339(hour) AS hour, strangers::bigint AS strangers, known::bigint AS known, withheld::bigint AS withheld,
       hour = date_trunc('hour', shop_now()) AS present
  FROM sms_budget WHERE hour > shop_now() - interval '48 hours' ORDER BY hour DESC

-- Old rows of everything that counts or expires; one call, by schedule.
-- name: q_identity_clean :exec ()
WITH a AS (DELETE FROM otp_codes WHERE expires_at < shop_now() - interval '1 day'),
     b AS (DELETE FROM otp_phones WHERE sent_at IS NULL OR sent_at < shop_now() - interval '7 days'),
     c AS (DELETE FROM sms_budget WHERE hour < shop_now() - interval '90 days'),
     d AS (DELETE FROM rate_counters WHERE started_at < shop_now() - interval '2 hours'),
     e AS (DELETE FROM rate_failures WHERE at[cardinality(at)] < shop_now() - interval '1 hour'),
     f AS (DELETE FROM captcha_used WHERE expires_at < shop_now() - interval '1 hour'),
     g AS (DELETE FROM refresh_tokens WHERE expires_at < shop_now() - interval '1 day'),
     h AS (DELETE FROM sms_log WHERE at < shop_now() - interval '90 days')
DELETE FROM sessions WHERE coalesce(ended_at, expires_at) < shop_now() - interval '90 days'
