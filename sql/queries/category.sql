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
           'parent', (SELECT p.slug FROM categories p WHERE p.id = c.parent_id), 'archived', c.archived_at IS NOT NULL,
           'old_slugs', (SELECT coalesce(jsonb_agg(h.slug ORDER BY h.slug), '[]') FROM category_slugs h WHERE h.category_id = c.id))::text AS body
  FROM categories c WHERE c.id = coalesce((SELECT n.id FROM categories n WHERE n.slug = $1),
                                          (SELECT h.category_id FROM category_slugs h WHERE h.slug = $1))

-- name: q_category_archived :one (text lang)
SELECT coalesce(jsonb_agg(jsonb_build_object('slug', c.slug, 'title', pick_lang(c.title_fa, c.title_en, $1)) ORDER BY c.id), '[]')::text AS items
  FROM categories c WHERE c.archived_at IS NOT NULL

-- name: q_category_tree_lock :exec ()
-- The same lock that the trigger takes, before the tree is read.
SELECT pg_advisory_xact_lock((6::bigint << 56) | 2)

-- name: q_category_lock :opt (text slug)
-- Also against products that are just being put into it.
SELECT id FROM categories WHERE slug = $1 FOR UPDATE

-- name: q_category_in_use :one (bigint id)
SELECT EXISTS (SELECT 1 FROM categories WHERE parent_id = $1 AND archived_at IS NULL)
    OR EXISTS (SELECT 1 FROM products WHERE category_id = $1 AND archived_at IS NULL) AS used

-- name: q_category_old_slug :exec (bigint id, text slug)
INSERT INTO category_slugs (slug, category_id) VALUES ($2, $1) ON CONFLICT (slug) DO UPDATE SET category_id = EXCLUDED.category_id

-- name: q_category_slug_live :exec (text slug)
-- An address that is used again leads to its new owner.
DELETE FROM category_slugs WHERE slug = $1

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

-- name: q_category_update :one (bigint id, text slug, text title_fa, text title_en, bool move, bigint parent, bigint position, bool archived)
UPDATE categories SET slug = coalesce($2, slug), title_fa = coalesce($3, title_fa), title_en = coalesce($4, title_en),
       parent_id = CASE WHEN $5 THEN $6 ELSE parent_id END, position = coalesce($7::int, position),
       archived_at = CASE WHEN $8 IS NULL THEN archived_at WHEN $8 THEN coalesce(archived_at, shop_now()) END
 WHERE id = $1 RETURNING slug
