-- What everybody may see of the catalogue (shop/catalog.c).

-- name: q_product_list :one (text lang, text category, text[] words, bigint min_price, bigint max_price, bool in_stock, bool on_sale, text sort, bigint rank, bigint id, bigint max)
-- A page of products after (rank, id), with a row more than `max` telling whether there is a next one.
-- A product's price is its lowest one, as it is shown.
WITH RECURSIVE branch AS (
    SELECT c.id FROM categories c WHERE c.slug = $2 AND c.archived_at IS NULL
    UNION SELECT c.id FROM categories c JOIN branch b ON c.parent_id = b.id WHERE c.archived_at IS NULL),
found AS (
    SELECT p AS product, o AS offer, p.id, product_rank(p, o.price, $8) AS rank
      FROM products p JOIN product_offers o ON o.product_id = p.id
     WHERE p.active AND p.archived_at IS NULL
       AND ($2 IS NULL OR p.category_id IN (SELECT b.id FROM branch b))
       AND ($3 IS NULL OR p.search_key LIKE ALL ($3))
       AND ($4 IS NULL OR o.price >= $4) AND ($5 IS NULL OR o.price <= $5)
       AND (NOT $6 OR o.in_stock) AND (NOT $7 OR o.compare_at_price IS NOT NULL)),
page AS (
    SELECT f.*, row_number() OVER (ORDER BY f.rank, f.id DESC) AS n FROM found f
     WHERE $9 IS NULL OR f.rank > $9 OR (f.rank = $9 AND f.id < $10)
     ORDER BY f.rank, f.id DESC LIMIT $11 + 1),
last AS (SELECT rank, id FROM page WHERE n = $11 AND EXISTS (SELECT 1 FROM page WHERE n > $11))
SELECT (SELECT coalesce(jsonb_agg(product_card(g.product, g.offer,
            (SELECT i.file FROM images i WHERE i.product_id = g.id ORDER BY i.position, i.id LIMIT 1), $1) ORDER BY g.n), '[]')
          FROM page g WHERE g.n <= $11)::text AS items,
       (SELECT l.rank FROM last l) AS next_rank, (SELECT l.id FROM last l) AS next_id

-- name: q_product_facets :one (text lang, text category, text[] words, bigint min_price, bigint max_price, bool in_stock)
-- Each facet counts under all filters but its own; a category counts what lies below it too.
WITH RECURSIVE tree AS (
    SELECT c.id, c.slug, c.title_fa, c.title_en, ARRAY[c.id] AS line, ARRAY[c.position::bigint, c.id] AS place
      FROM categories c WHERE c.parent_id IS NULL AND c.archived_at IS NULL
    UNION ALL
    SELECT c.id, c.slug, c.title_fa, c.title_en, t.line || c.id, t.place || ARRAY[c.position::bigint, c.id]
      FROM categories c JOIN tree t ON c.parent_id = t.id WHERE c.archived_at IS NULL AND cardinality(t.line) < 16),
found AS (
    SELECT t.line, o.price, o.in_stock,
           $2 IS NULL OR (SELECT w.id FROM tree w WHERE w.slug = $2) = ANY (t.line) AS in_category,
           ($4 IS NULL OR o.price >= $4) AND ($5 IS NULL OR o.price <= $5) AS in_price,
           NOT $6 OR o.in_stock AS in_shelf
      FROM products p JOIN tree t ON t.id = p.category_id JOIN product_offers o ON o.product_id = p.id
     WHERE p.active AND p.archived_at IS NULL
       AND ($3 IS NULL OR p.search_key LIKE ALL ($3))),
counted AS (
    SELECT c.id, count(*) AS n FROM found f CROSS JOIN LATERAL unnest(f.line) AS c(id)
     WHERE f.in_price AND f.in_shelf GROUP BY c.id)
SELECT jsonb_build_object(
    'categories', (SELECT coalesce(jsonb_agg(jsonb_build_object('slug', t.slug, 'title', pick_lang(t.title_fa, t.title_en, $1),
                                                                'count', c.n) ORDER BY t.place), '[]')
                     FROM tree t JOIN counted c ON c.id = t.id),
    'price', (SELECT jsonb_build_object('min', min(f.price), 'max', max(f.price)) FROM found f WHERE f.in_category AND f.in_shelf),
    'in_stock', (SELECT count(*) FROM found f WHERE f.in_category AND f.in_price AND f.in_stock))::text AS facets

-- name: q_product_get :opt (text slug, text lang)
-- By its address or one it had; the caller sends the latter on.
SELECT p.slug, product_json(p.id, $2)::text AS body
  FROM products p
 WHERE p.id = coalesce((SELECT n.id FROM products n WHERE n.slug = $1),
                       (SELECT h.product_id FROM product_slugs h WHERE h.slug = $1))
   AND p.active AND p.archived_at IS NULL
   AND EXISTS (SELECT 1 FROM variants v WHERE v.product_id = p.id AND v.archived_at IS NULL)

-- name: q_category_tree :one (text lang)
SELECT category_tree(NULL, $1)::text AS items

-- name: q_category_list :one (text lang)
SELECT category_list($1)::text AS items

-- name: q_category_get :opt (text slug, text lang)
SELECT jsonb_build_object('slug', c.slug, 'title', pick_lang(c.title_fa, c.title_en, $2),
           'children', category_tree(c.id, $2), 'path', category_path(c.parent_id, $2))::text AS body, c.slug
  FROM categories c WHERE c.archived_at IS NULL
   AND c.id = coalesce((SELECT n.id FROM categories n WHERE n.slug = $1), (SELECT h.category_id FROM category_slugs h WHERE h.slug = $1))
