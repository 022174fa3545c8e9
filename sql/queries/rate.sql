-- Counters of requests and failures.

-- name: q_rate_hit :one (text class, text who, bigint window)
INSERT INTO rate_counters AS c (class, who) VALUES ($1, $2)
ON CONFLICT (class, who) DO UPDATE
   SET hits = CASE WHEN c.started_at > shop_now() - make_interval(secs => $3) THEN c.hits + 1 ELSE 1 END,
       started_at = CASE WHEN c.started_at > shop_now() - make_interval(secs => $3) THEN c.started_at
                         ELSE shop_now() END
RETURNING hits::bigint AS hits,
          ceil(extract(epoch FROM started_at - shop_now()) + $3)::bigint AS seconds

-- How many of the last failures are inside the window, and when the oldest leaves it.
-- name: q_rate_failures :opt (text class, text who, bigint most, bigint window)
SELECT count(*)::bigint AS failures,
       coalesce(ceil(extract(epoch FROM min(t) - shop_now()) + $4), 0)::bigint AS seconds
  FROM rate_failures f, unnest(f.at[greatest(cardinality(f.at) - $3::int + 1, 1):]) AS t
 WHERE f.class = $1 AND f.who = $2 AND t > shop_now() - make_interval(secs => $4)

-- Keeps at most one more than the limit, so that the answer tells when it was passed.
-- name: q_rate_fail :one (text class, text who, bigint most, bigint window)
INSERT INTO rate_failures AS f (class, who, at) VALUES ($1, $2, ARRAY[shop_now()])
ON CONFLICT (class, who) DO UPDATE
   SET at = (SELECT array_agg(t ORDER BY t) FROM (
               SELECT t FROM unnest(f.at || shop_now()) AS t
                WHERE t > shop_now() - make_interval(secs => $4)
                ORDER BY t DESC LIMIT $3 + 1) AS last)
RETURNING cardinality(at)::bigint AS failures,
          ceil(extract(epoch FROM at[greatest(cardinality(at) - $3::int + 1, 1)] - shop_now()) + $4)::bigint AS seconds

-- name: q_rate_forgive :exec (text class, text who)
DELETE FROM rate_failures WHERE class = $1 AND who = $2

-- name: q_limits :many (text[] keys)
SELECT key, (value #>> '{}')::bigint AS value FROM settings
 WHERE key = ANY($1) AND jsonb_typeof(value) = 'number' AND value #>> '{}' ~ '^[0-9]{1,15}$'
