-- How the catalogue leaves as JSON. Replaced by `tarazu migrate` whenever this file changes.

-- What the variants of a product offer together, for those that have any on sale. Columns may be added
-- at the end, not changed.
CREATE OR REPLACE VIEW product_offers AS
    SELECT v.product_id, min(v.price) AS price, max(v.price) AS price_max,
           (array_agg(CASE WHEN v.compare_at_price > v.price THEN v.compare_at_price END ORDER BY v.price, v.position, v.id))[1]
               AS compare_at_price,
           bool_or(s.on_hand > s.reserved) AS in_stock,
           (array_agg(v.id ORDER BY s.on_hand > s.reserved DESC, v.position, v.id))[1] AS default_variant_id
      FROM variants v JOIN stock s ON s.variant_id = v.id
     WHERE v.archived_at IS NULL GROUP BY v.product_id;
GRANT SELECT ON product_offers TO tarazu_web, tarazu_order, tarazu_pay, tarazu_job, tarazu_readonly;

-- The next three are single expressions, so that the planner writes them into the lists that use them.
CREATE OR REPLACE FUNCTION product_rating(p products) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p.review_count > 0 THEN round(p.rating_sum::numeric / p.review_count, 1) END $$;

-- The place of a product in a list: lists run by (rank, id descending).
CREATE OR REPLACE FUNCTION product_rank(p products, price bigint, sort text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE sort
        WHEN 'price' THEN price
        WHEN '-price' THEN -price
        WHEN 'bestselling' THEN -p.sold_count
        WHEN 'rating' THEN CASE WHEN p.review_count > 0 THEN -(p.rating_sum * 1000 / p.review_count) ELSE 0 END
        ELSE -(extract(epoch FROM p.created_at) * 1000000)::bigint
    END $$;

CREATE OR REPLACE FUNCTION product_card(p products, o product_offers, image text, lang text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('slug', p.slug, 'title', pick_lang(p.title_fa, p.title_en, lang), 'price', o.price,
        'price_max', o.price_max, 'compare_at_price', o.compare_at_price, 'currency', 'IRT',
        'in_stock', coalesce(o.in_stock, false), 'default_variant_id', o.default_variant_id, 'image', media_url(image),
        'rating', product_rating(p), 'review_count', p.review_count) $$;

CREATE OR REPLACE FUNCTION product_image(product bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT g.file FROM images g WHERE g.product_id = product ORDER BY g.position, g.id LIMIT 1 $$;

-- From the root down to the category itself.
CREATE OR REPLACE FUNCTION category_path(category bigint, lang text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    WITH RECURSIVE up AS (
        SELECT c.id, c.parent_id, c.slug, c.title_fa, c.title_en, 1 AS height FROM categories c WHERE c.id = category
        UNION ALL
        SELECT c.id, c.parent_id, c.slug, c.title_fa, c.title_en, up.height + 1
          FROM categories c JOIN up ON c.id = up.parent_id WHERE up.height < 16)
    SELECT coalesce(jsonb_agg(jsonb_build_object('slug', slug, 'title', pick_lang(title_fa, title_en, lang))
                              ORDER BY height DESC), '[]') FROM up $$;

-- The categories under one (NULL: the roots) with theirs; at most 16 levels.
CREATE OR REPLACE FUNCTION category_tree(parent bigint, lang text, levels int DEFAULT 16) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object('slug', c.slug, 'title', pick_lang(c.title_fa, c.title_en, lang),
                'children', CASE WHEN levels > 1 THEN category_tree(c.id, lang, levels - 1) ELSE '[]' END)
                ORDER BY c.position, c.id), '[]')
              FROM categories c WHERE c.parent_id IS NOT DISTINCT FROM parent AND c.archived_at IS NULL);
END $$;

-- All categories as one list, children behind their parents.
CREATE OR REPLACE FUNCTION category_list(lang text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    WITH RECURSIVE t AS (
        SELECT c.id, c.slug, c.title_fa, c.title_en, ARRAY[c.position::bigint, c.id] AS place, 1 AS depth
          FROM categories c WHERE c.parent_id IS NULL AND c.archived_at IS NULL
        UNION ALL
        SELECT c.id, c.slug, c.title_fa, c.title_en, t.place || ARRAY[c.position::bigint, c.id], t.depth + 1
          FROM categories c JOIN t ON c.parent_id = t.id WHERE c.archived_at IS NULL AND t.depth < 16)
    SELECT coalesce(jsonb_agg(jsonb_build_object('slug', slug, 'title', pick_lang(title_fa, title_en, lang), 'depth', depth)
                              ORDER BY place), '[]') FROM t $$;

CREATE OR REPLACE FUNCTION product_json(product bigint, lang text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT product_card(p, o, product_image(p.id), lang) || jsonb_build_object(
        'description', pick_lang(p.description_fa, p.description_en, lang),
        'category', (SELECT jsonb_build_object('slug', c.slug, 'title', pick_lang(c.title_fa, c.title_en, lang))
                       FROM categories c WHERE c.id = p.category_id),
        'breadcrumb', category_path(p.category_id, lang),
        'returnable', p.returnable,
        'attributes', options_json(p.attributes, lang),
        'reviews', product_reviews(p.id, 5),
        'images', (SELECT coalesce(jsonb_agg(jsonb_build_object('url', media_url(g.file), 'width', g.width, 'height', g.height)
                                             ORDER BY g.position, g.id), '[]') FROM images g WHERE g.product_id = p.id),
        'variants', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', v.id, 'sku', v.sku,
                'options', options_json(v.options, lang), 'price', v.price,
                'compare_at_price', CASE WHEN v.compare_at_price > v.price THEN v.compare_at_price END, 'currency', 'IRT',
                'weight_g', v.weight_g, 'in_stock', s.on_hand > s.reserved, 'available', s.on_hand - s.reserved)
                ORDER BY v.position, v.id), '[]')
              FROM variants v JOIN stock s ON s.variant_id = v.id WHERE v.product_id = p.id AND v.archived_at IS NULL))
      FROM products p JOIN product_offers o ON o.product_id = p.id WHERE p.id = product $$;

CREATE OR REPLACE FUNCTION admin_product_card(p products, lang text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT product_card(p, o, product_image(p.id), lang) || jsonb_build_object('active', p.active AND p.archived_at IS NULL,
        'archived', p.archived_at IS NOT NULL, 'on_hand', coalesce(t.on_hand, 0), 'reserved', coalesce(t.reserved, 0),
        'available', coalesce(t.on_hand - t.reserved, 0), 'sold_count', p.sold_count,
        'created_at', rfc3339(p.created_at), 'updated_at', rfc3339(p.updated_at))
      FROM (SELECT sum(s.on_hand) AS on_hand, sum(s.reserved) AS reserved
              FROM variants v JOIN stock s ON s.variant_id = v.id WHERE v.product_id = p.id AND v.archived_at IS NULL) t
      LEFT JOIN product_offers o ON o.product_id = p.id $$;

-- What staff edit: both languages, every variant with its stock. `index` numbers the form's fields.
CREATE OR REPLACE FUNCTION admin_product_json(product bigint, lang text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT admin_product_card(p, lang) || jsonb_build_object('id', p.id,
        'titles', jsonb_build_object('fa', p.title_fa, 'en', p.title_en),
        'descriptions', jsonb_build_object('fa', p.description_fa, 'en', p.description_en),
        'description', pick_lang(p.description_fa, p.description_en, lang),
        'category', (SELECT jsonb_build_object('slug', c.slug, 'title', pick_lang(c.title_fa, c.title_en, lang))
                       FROM categories c WHERE c.id = p.category_id),
        'category_slug', (SELECT c.slug FROM categories c WHERE c.id = p.category_id),
        'tax_class', p.tax_class, 'returnable', p.returnable, 'active', p.active,
        'attributes', options_json(p.attributes, lang),
        'old_slugs', (SELECT coalesce(jsonb_agg(h.slug ORDER BY h.slug), '[]') FROM product_slugs h WHERE h.product_id = p.id),
        'images', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'url', media_url(g.file),
                       'width', g.width, 'height', g.height, 'position', g.n) ORDER BY g.n), '[]')
                     FROM (SELECT i.*, row_number() OVER (ORDER BY i.position, i.id) - 1 AS n FROM images i
                            WHERE i.product_id = p.id) g),
        'variants', (SELECT coalesce(jsonb_agg(v.j || jsonb_build_object('index', v.n - 1) ORDER BY v.n), '[]') FROM (
            SELECT row_number() OVER (ORDER BY v.position, v.id) AS n, jsonb_build_object('id', v.id, 'sku', v.sku,
                   'options', options_json(v.options, lang), 'price', v.price, 'compare_at_price', v.compare_at_price,
                   'currency', 'IRT', 'weight_g', v.weight_g, 'length_cm', v.length_cm, 'width_cm', v.width_cm, 'height_cm', v.height_cm,
                   'goods_id', v.goods_id, 'low_stock', v.low_stock, 'on_hand', s.on_hand, 'reserved', s.reserved,
                   'available', s.on_hand - s.reserved, 'archived', v.archived_at IS NOT NULL) AS j
              FROM variants v JOIN stock s ON s.variant_id = v.id WHERE v.product_id = p.id AND v.archived_at IS NULL) v))
      FROM products p WHERE p.id = product $$;

-- What a log-in had to change when it joined two carts.
CREATE OR REPLACE FUNCTION cart_notices_json(c carts, lang text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(n || jsonb_build_object('title', pick_lang(p.title_fa, p.title_en, lang))), '[]')
      FROM jsonb_array_elements(c.notices) n LEFT JOIN variants v ON v.id = (n ->> 'variant_id')::bigint
      LEFT JOIN products p ON p.id = v.product_id $$;
