-- How reviews leave as JSON.

CREATE OR REPLACE FUNCTION review_json(r reviews) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('id', r.id, 'rating', r.rating, 'title', r.title, 'body', r.body, 'bought', r.bought,
        'author', (SELECT c.name FROM customers c WHERE c.id = r.customer_id AND c.erased_at IS NULL),
        'created_at', rfc3339(r.created_at)) $$;

-- To its author: also where it stands.
CREATE OR REPLACE FUNCTION own_review_json(r reviews) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT review_json(r) || jsonb_build_object('status', r.status, 'updated_at', rfc3339(r.updated_at)) $$;

CREATE OR REPLACE FUNCTION admin_review_json(r reviews, lang text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT own_review_json(r) || jsonb_build_object('version', r.version, 'decided_at', rfc3339(r.decided_at),
        'product', jsonb_build_object('slug', p.slug, 'title', pick_lang(p.title_fa, p.title_en, lang)),
        'customer_id', r.customer_id)
      FROM products p WHERE p.id = r.product_id $$;

-- The newest approved reviews of a product.
CREATE OR REPLACE FUNCTION product_reviews(product bigint, most int) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(review_json(r) ORDER BY r.id DESC), '[]')
      FROM (SELECT * FROM reviews WHERE product_id = product AND status = 'approved' ORDER BY id DESC LIMIT most) r $$;
