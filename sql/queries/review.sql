-- Reviews of products and requests to be told (shop/review.c).

-- name: q_review_product :opt (text slug)
-- What is on sale, by its address or one it had.
SELECT p.id, p.slug, p.review_count, product_rating(p)::text AS rating
  FROM products p
 WHERE p.id = coalesce((SELECT n.id FROM products n WHERE n.slug = $1),
                       (SELECT h.product_id FROM product_slugs h WHERE h.slug = $1))
   AND p.active AND p.archived_at IS NULL
   AND EXISTS (SELECT 1 FROM variants v WHERE v.product_id = p.id AND v.archived_at IS NULL)

-- name: q_review_list :one (bigint product, bigint before, bigint max)
WITH page AS (
    SELECT r.id, r AS review, row_number() OVER (ORDER BY r.id DESC) AS n FROM reviews r
     WHERE r.product_id = $1 AND r.status = 'approved' AND ($2 IS NULL OR r.id < $2)
     ORDER BY r.id DESC LIMIT $3 + 1)
SELECT (SELECT coalesce(jsonb_agg(review_json(g.review) ORDER BY g.n) FILTER (WHERE g.n <= $3), '[]') FROM page g)::text AS items,
       (SELECT g.id FROM page g WHERE g.n = $3 AND EXISTS (SELECT 1 FROM page WHERE n > $3)) AS next_id

-- name: q_review_own :one (text slug, bigint customer, text lang)
-- What somebody has said of a product and which of its variants they wait for.
SELECT (SELECT own_review_json(r) FROM reviews r JOIN products p ON p.id = r.product_id
         WHERE p.slug = $1 AND r.customer_id = $2)::text AS review,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('id', v.id, 'options', options_json(v.options, $3),
                   'waiting', EXISTS (SELECT 1 FROM stock_requests q WHERE q.variant_id = v.id AND q.customer_id = $2 AND q.told_at IS NULL))
                   ORDER BY v.position, v.id), '[]')
          FROM products p JOIN variants v ON v.product_id = p.id JOIN stock s ON s.variant_id = v.id
         WHERE p.slug = $1 AND v.archived_at IS NULL AND s.on_hand <= s.reserved)::text AS sold_out

-- name: q_review_save :one (bigint product, bigint customer, bigint rating, text title, text body)
-- A review that is changed waits for staff again; the same words again change nothing.
INSERT INTO reviews AS r (product_id, customer_id, rating, title, body, bought)
VALUES ($1, $2, $3::smallint, coalesce($4, ''), coalesce($5, ''), EXISTS (
    SELECT 1 FROM order_items i JOIN orders o ON o.id = i.order_id
     WHERE i.product_id = $1 AND o.customer_id = $2 AND i.canceled < i.quantity
       AND (o.status = 'delivered' OR (o.paid_at IS NOT NULL AND o.status IN ('paid', 'processing', 'shipped')))))
ON CONFLICT ON CONSTRAINT reviews_once DO UPDATE
   SET rating = EXCLUDED.rating, title = EXCLUDED.title, body = EXCLUDED.body, bought = EXCLUDED.bought,
       version = CASE WHEN (r.rating, r.title, r.body) = (EXCLUDED.rating, EXCLUDED.title, EXCLUDED.body) THEN r.version ELSE r.version + 1 END,
       status = CASE WHEN (r.rating, r.title, r.body) = (EXCLUDED.rating, EXCLUDED.title, EXCLUDED.body) THEN r.status ELSE 'pending' END,
       decided_at = CASE WHEN (r.rating, r.title, r.body) = (EXCLUDED.rating, EXCLUDED.title, EXCLUDED.body) THEN r.decided_at END,
       updated_at = shop_now()
RETURNING own_review_json(r)::text AS body

-- name: q_admin_review_list :one (text status, bigint before, bigint max, text lang)
WITH page AS (
    SELECT r.id, r AS review, row_number() OVER (ORDER BY r.id DESC) AS n FROM reviews r
     WHERE ($1 IS NULL OR r.status = $1) AND ($2 IS NULL OR r.id < $2)
     ORDER BY r.id DESC LIMIT $3 + 1)
SELECT (SELECT coalesce(jsonb_agg(admin_review_json(g.review, $4) ORDER BY g.n) FILTER (WHERE g.n <= $3), '[]') FROM page g)::text AS items,
       (SELECT g.id FROM page g WHERE g.n = $3 AND EXISTS (SELECT 1 FROM page WHERE n > $3)) AS next_id

-- name: q_review_lock :opt (bigint id, text lang)
SELECT r.status, r.version, admin_review_json(r, $2)::text AS body FROM reviews r WHERE r.id = $1 FOR NO KEY UPDATE

-- name: q_review_decide :one (bigint id, text status, text lang)
UPDATE reviews r SET status = $2, decided_at = shop_now() WHERE id = $1 RETURNING admin_review_json(r, $3)::text AS body

-- name: q_stock_request_look :opt (bigint product, bigint variant)
-- Under the lock the stock cannot come back unseen (the trigger stock_back).
SELECT s.on_hand - s.reserved AS available FROM stock s JOIN variants v ON v.id = s.variant_id
 WHERE v.id = $2 AND v.product_id = $1 AND v.archived_at IS NULL FOR SHARE OF s

-- name: q_stock_request :exec (bigint variant, bigint customer)
INSERT INTO stock_requests (variant_id, customer_id) VALUES ($1, $2)
ON CONFLICT (variant_id, customer_id) WHERE told_at IS NULL DO NOTHING

-- name: q_message_stock :opt (bigint request)
SELECT c.phone, coalesce(c.lang, 'fa') AS lang, p.slug, pick_lang(p.title_fa, p.title_en, coalesce(c.lang, 'fa')) AS title
  FROM stock_requests r JOIN customers c ON c.id = r.customer_id JOIN variants v ON v.id = r.variant_id
  JOIN products p ON p.id = v.product_id
 WHERE r.id = $1 AND c.erased_at IS NULL AND p.active AND p.archived_at IS NULL AND v.archived_at IS NULL
