-- Where a zone applies, and how methods of sending and rates of tax leave as JSON.

CREATE OR REPLACE FUNCTION origin_province() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT value #>> '{}' FROM settings WHERE key = 'origin_province'), 'IR-23') $$;

-- Does the zone serve the province? `origin` is the shop's own.
CREATE OR REPLACE FUNCTION zone_serves(kind text, provinces text[], province text, origin text) RETURNS boolean
    LANGUAGE sql STABLE AS $$
    SELECT CASE kind
        WHEN 'listed' THEN provinces IS NULL OR province = ANY (provinces)
        WHEN 'same' THEN province = origin
        ELSE province <> origin AND (kind = 'beside') = EXISTS (
            SELECT 1 FROM province_neighbours n WHERE n.a = least(province, origin) AND n.b = greatest(province, origin))
    END $$;

CREATE OR REPLACE FUNCTION shipping_zone_json(z shipping_zones) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('id', z.id, 'kind', z.kind, 'provinces', to_jsonb(z.provinces), 'position', z.position,
        'title', jsonb_build_object('fa', z.title_fa, 'en', z.title_en), 'extra_kg', z.extra_kg,
        'steps', (SELECT coalesce(jsonb_agg(jsonb_build_object('up_to_g', s.up_to_g, 'price', s.price) ORDER BY s.up_to_g), '[]')
                    FROM shipping_steps s WHERE s.zone_id = z.id)) $$;

CREATE OR REPLACE FUNCTION shipping_method_json(m shipping_methods, lang text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('id', m.id, 'title', pick_lang(m.title_fa, m.title_en, lang),
        'titles', jsonb_build_object('fa', m.title_fa, 'en', m.title_en), 'charged', m.charged, 'eta_days', m.eta_days,
        'needs_address', m.needs_address, 'needs_postal_code', m.needs_postal_code, 'free_over', m.free_over,
        'min_weight_g', m.min_weight_g, 'max_weight_g', m.max_weight_g, 'position', m.position, 'active', m.active,
        'currency', 'IRT',
        'zones', (SELECT coalesce(jsonb_agg(shipping_zone_json(z) ORDER BY z.position, z.id), '[]')
                    FROM shipping_zones z WHERE z.method_id = m.id)) $$;

CREATE OR REPLACE FUNCTION tax_rate_json(r tax_rates) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('id', r.id, 'tax_class', r.tax_class, 'province', r.province, 'rate_bp', r.rate_bp,
        'valid_from', rfc3339(r.valid_from), 'valid_until', rfc3339(r.valid_until),
        'state', CASE WHEN r.valid_from > shop_now() THEN 'future' WHEN r.valid_until <= shop_now() THEN 'past' ELSE 'now' END) $$;
