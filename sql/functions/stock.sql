-- Stock as staff see it.

-- Available units at which a variant without a threshold of its own runs low.
CREATE OR REPLACE FUNCTION shop_low_stock() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT (value #>> '{}')::bigint FROM settings WHERE key = 'low_stock'), 3) $$;

CREATE OR REPLACE FUNCTION stock_row_json(v variants, s stock, p products, shop bigint, lang text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('variant_id', v.id, 'sku', v.sku, 'title', pick_lang(p.title_fa, p.title_en, lang),
        'product_slug', p.slug, 'options', options_json(v.options, lang), 'on_hand', s.on_hand, 'reserved', s.reserved,
        'available', s.on_hand - s.reserved, 'low_stock', v.low_stock, 'threshold', coalesce(v.low_stock, shop),
        'low', s.on_hand - s.reserved <= coalesce(v.low_stock, shop)) $$;
