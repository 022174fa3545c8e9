-- What staff do to categories (shop/category_admin.c).

-- name: q_admin_category_list :one (text lang)
-- All of them, children behind their parents, with the products that stand right in each.
WITH RECURSIVE t AS (
    SELECT c.id, c.parent_id, c.slug, c.title_fa, c.title_en, c.position, ARRAY[c.position::bigint, c.id] AS place, 1 AS depth
      FROM categories c WHERE c.parent_id IS NULL AND c.archived_at IS NULL
    UNION ALL
    SELECT c.id, c.parent_id, c.slug, c.title_fa, c.title_en, c.position, t.place || ARRAY[c.position::bigint, c.id], t.depth + 1
      FROM categories c JOIN t ON c.parent_id = t.id WHERE c.archived_at IS NULL AND t.depth < 16)
SELECT coalesce(jsonb_agg(jsonb_build_object('slug', t.slug, 'title', pick_lang(t.title_fa, t.title_en, $1),
           'titles', jsonb_build_object('fa', t.title_fa, 'en', t.title_en), 'position', t.position, 'depth', t.depth,
           'parent', (SELECT p.slug FROM categories p WHERE p.id = t.parent_id),
           'product_count', (SELECT count(*) FROM products p WHERE p.category_id = t.id AND p.archived_at IS NULL))
           ORDER BY t.place), '[]')::text AS items FROM t

-- name: q_admin_category :opt (text slug, text lang)
SELECT jsonb_build_object('slug', c.slug, 'title', pick_lang(c.title_fa, c.title_en, $2),
           'titles', jsonb_build_object('fa', c.title_fa, 'en', c.title_en), 'position', c.position,
           'parent', (SELECT p.slug FROM categories p WHERE p.id = c.parent_id))::text AS body
  FROM categories c WHERE c.slug = $1 AND c.archived_at IS NULL

-- name: q_category_place :one (text parent, text child)
-- Where a category would stand under `parent`: its id, how deep that is, and whether `child` is above it.
WITH RECURSIVE up AS (
    SELECT c.id, c.parent_id, c.slug, 1 AS depth FROM categories c WHERE c.slug = $1 AND c.archived_at IS NULL
    UNION ALL
    SELECT c.id, c.parent_id, c.slug, up.depth + 1 FROM categories c JOIN up ON c.id = up.parent_id WHERE up.depth < 16)
SELECT (SELECT id FROM up WHERE depth = 1) AS id, coalesce(max(depth), 0) AS depth, coalesce(bool_or(slug = $2), false) AS within
  FROM up

-- name: q_category_insert :one (text slug, text title_fa, text title_en, bigint parent, bigint position)
INSERT INTO categories (slug, title_fa, title_en, parent_id, position)
VALUES ($1, $2, coalesce($3, $2), $4, coalesce($5, (SELECT coalesce(max(position), 0) + 1 FROM categories))::int) RETURNING id

-- name: q_category_update :one (text slug, text title_fa, text title_en, bool move, bigint parent, bigint position)
UPDATE categories SET title_fa = coalesce($2, title_fa), title_en = coalesce($3, title_en),
       parent_id = CASE WHEN $4 THEN $5 ELSE parent_id END, position = coalesce($6::int, position)
 WHERE slug = $1 AND archived_at IS NULL RETURNING id
