-- Categories that are renamed, moved and put away.

-- Addresses a category had: old links answer 301.
CREATE TABLE category_slugs (
    slug        text PRIMARY KEY,
    category_id bigint NOT NULL REFERENCES categories
);
CREATE INDEX category_slugs_category ON category_slugs (category_id);
GRANT SELECT ON category_slugs TO tarazu_web, tarazu_order, tarazu_pay, tarazu_job, tarazu_readonly;
GRANT INSERT, UPDATE, DELETE ON category_slugs TO tarazu_web;

-- Whoever moves a category stands in line: two moves at once could make a circle that neither sees.
CREATE FUNCTION category_stays_tree() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock((6::bigint << 56) | 2);
    IF EXISTS (WITH RECURSIVE up AS (
                   SELECT c.id, c.parent_id, 1 AS n FROM categories c WHERE c.id = NEW.parent_id
                   UNION ALL SELECT c.id, c.parent_id, up.n + 1 FROM categories c JOIN up ON c.id = up.parent_id WHERE up.n < 100)
               SELECT 1 FROM up WHERE up.id = NEW.id) THEN
        RAISE EXCEPTION 'category % would lie within itself', NEW.id USING ERRCODE = 'TZ005';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER category_stays_tree BEFORE UPDATE OF parent_id ON categories
    FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION category_stays_tree();
