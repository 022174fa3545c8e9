-- Verifying e-mail addresses.

-- Whether a customer's address waits for a link, and how many were sent in a day.
-- name: q_email_link_wanted :opt (bigint customer)
SELECT c.email,
       c.email IS NOT NULL AND c.email_verified_at IS NULL
           AND NOT EXISTS (SELECT FROM email_links l
                            WHERE l.customer_id = c.id AND l.email = c.email
                              AND l.created_at > shop_now() - interval '10 minutes') AS wanted,
       (SELECT count(*) FROM email_links l
         WHERE l.customer_id = c.id AND l.created_at > shop_now() - interval '1 day') AS today
  FROM customers c WHERE c.id = $1 AND c.erased_at IS NULL

-- name: q_email_link_add :exec (text hash, bigint customer, text email, bigint seconds)
INSERT INTO email_links (hash, customer_id, email, expires_at)
VALUES ($1, $2, $3, shop_now() + make_interval(secs => $4))

-- What a mail says; nothing when nobody waits for it any more.
-- name: q_email_link_sending :opt (text hash)
SELECT l.email, c.name, coalesce(c.lang, 'fa') AS lang
  FROM email_links l JOIN customers c ON c.id = l.customer_id
 WHERE l.hash = $1 AND l.used_at IS NULL AND l.expires_at > shop_now()
   AND c.email = l.email AND c.email_verified_at IS NULL AND c.erased_at IS NULL

-- name: q_email_link_lock :opt (text hash)
SELECT customer_id, email, used_at IS NOT NULL AS used, expires_at > shop_now() AS fresh
  FROM email_links WHERE hash = $1 FOR UPDATE

-- name: q_email_link_use :exec (text hash)
UPDATE email_links SET used_at = shop_now() WHERE hash = $1

-- name: q_email_verified :opt (bigint customer, text email)
SELECT id FROM customers WHERE id = $1 AND email = $2 AND email_verified_at IS NOT NULL AND erased_at IS NULL

-- name: q_email_verify :opt (bigint customer, text email)
UPDATE customers SET email_verified_at = coalesce(email_verified_at, shop_now())
 WHERE id = $1 AND email = $2 AND erased_at IS NULL RETURNING id

-- name: q_email_links_erase :exec (bigint customer)
DELETE FROM email_links WHERE customer_id = $1

-- name: q_email_links_clean :exec ()
DELETE FROM email_links WHERE expires_at < shop_now() - interval '7 days'
