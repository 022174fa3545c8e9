-- What a code stands for, and coupons as JSON.

-- The living coupon of a folded code: its own, or the campaign's whose single-use code it is.
CREATE OR REPLACE FUNCTION coupon_of(code text) RETURNS bigint LANGUAGE sql STABLE STRICT AS $$
    SELECT coalesce(
        (SELECT k.id FROM coupons k WHERE k.code = $1 AND k.archived_at IS NULL AND NOT k.bulk),
        (SELECT k.id FROM coupon_codes n JOIN coupons k ON k.id = n.coupon_id WHERE n.code = $1 AND k.archived_at IS NULL)) $$;

-- What is locked for it: the single-use code, else the coupon.
CREATE OR REPLACE FUNCTION coupon_lock_of(coupon bigint, code text) RETURNS bigint LANGUAGE sql STABLE STRICT AS $$
    SELECT coalesce((SELECT n.id FROM coupon_codes n WHERE n.code = $2 AND n.coupon_id = $1), $1) $$;

CREATE OR REPLACE FUNCTION coupon_json(k coupons) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('id', k.id, 'code', k.code, 'kind', k.kind, 'value', k.value, 'percent', CASE WHEN k.kind = 'percent' THEN trim_scale(k.value / 100.0) END, 'currency', 'IRT',
        'usage_limit', k.usage_limit, 'per_customer_limit', k.per_customer_limit, 'min_subtotal', k.min_subtotal,
        'max_discount', k.max_discount, 'starts_at', rfc3339(k.starts_at), 'ends_at', rfc3339(k.ends_at),
        'categories', (SELECT jsonb_agg(jsonb_build_object('slug', c.slug, 'title', c.title_fa) ORDER BY c.id)
                         FROM categories c WHERE c.id = ANY (k.categories)),
        'products', (SELECT jsonb_agg(jsonb_build_object('slug', p.slug, 'title', p.title_fa) ORDER BY p.id)
                       FROM products p WHERE p.id = ANY (k.products)),
        'used', (SELECT count(*) FROM coupon_uses u WHERE u.coupon_id = k.id),
        'bulk', k.bulk, 'codes', CASE WHEN k.bulk THEN (SELECT count(*) FROM coupon_codes n WHERE n.coupon_id = k.id) END,
        'archived_at', rfc3339(k.archived_at)) $$;
