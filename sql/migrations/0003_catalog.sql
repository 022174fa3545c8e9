-- What is sold: categories, products, variants, pictures, stock.

CREATE TABLE provinces (
    code     text PRIMARY KEY CHECK (code ~ '^IR-[0-9]{2}$'), -- ISO 3166-2
    title_fa text NOT NULL,
    title_en text NOT NULL
);
INSERT INTO provinces (code, title_fa, title_en) VALUES
    ('IR-00', 'مرکزی', 'Markazi'), ('IR-01', 'گیلان', 'Gilan'), ('IR-02', 'مازندران', 'Mazandaran'),
    ('IR-03', 'آذربایجان شرقی', 'East Azerbaijan'), ('IR-04', 'آذربایجان غربی', 'West Azerbaijan'),
    ('IR-05', 'کرمانشاه', 'Kermanshah'), ('IR-06', 'خوزستان', 'Khuzestan'), ('IR-07', 'فارس', 'Fars'),
    ('IR-08', 'کرمان', 'Kerman'), ('IR-09', 'خراسان رضوی', 'Razavi Khorasan'),
    ('IR-10', 'اصفهان', 'Isfahan'), ('IR-11', 'سیستان و بلوچستان', 'Sistan and Baluchestan'),
    ('IR-12', 'کردستان', 'Kurdistan'), ('IR-13', 'همدان', 'Hamadan'),
    ('IR-14', 'چهارمحال و بختیاری', 'Chaharmahal and Bakhtiari'), ('IR-15', 'لرستان', 'Lorestan'),
    ('IR-16', 'ایلام', 'Ilam'), ('IR-17', 'کهگیلویه و بویراحمد', 'Kohgiluyeh and Boyer-Ahmad'),
    ('IR-18', 'بوشهر', 'Bushehr'), ('IR-19', 'زنجان', 'Zanjan'), ('IR-20', 'سمنان', 'Semnan'),
    ('IR-21', 'یزد', 'Yazd'), ('IR-22', 'هرمزگان', 'Hormozgan'), ('IR-23', 'تهران', 'Tehran'),
    ('IR-24', 'اردبیل', 'Ardabil'), ('IR-25', 'قم', 'Qom'), ('IR-26', 'قزوین', 'Qazvin'),
    ('IR-27', 'گلستان', 'Golestan'), ('IR-28', 'خراسان شمالی', 'North Khorasan'),
    ('IR-29', 'خراسان جنوبی', 'South Khorasan'), ('IR-30', 'البرز', 'Alborz');

CREATE TABLE categories (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug        text NOT NULL CONSTRAINT categories_slug_key UNIQUE,
    parent_id   bigint REFERENCES categories,
    title_fa    text NOT NULL,
    title_en    text NOT NULL,
    position    int NOT NULL DEFAULT 0,
    archived_at timestamptz
);

CREATE TABLE products (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug           text NOT NULL CONSTRAINT products_slug_key UNIQUE,
    title_fa       text NOT NULL,
    title_en       text NOT NULL,
    description_fa text NOT NULL DEFAULT '',
    description_en text NOT NULL DEFAULT '',
    category_id    bigint NOT NULL REFERENCES categories,
    tax_class      text NOT NULL DEFAULT 'standard',
    returnable     boolean NOT NULL DEFAULT true,
    active         boolean NOT NULL DEFAULT true,
    attributes     jsonb NOT NULL DEFAULT '[]', -- [{name: {fa, en}, value: {fa, en}}]
    search_key     text NOT NULL DEFAULT '',    -- folded by core/text
    rating_sum     bigint NOT NULL DEFAULT 0,
    review_count   bigint NOT NULL DEFAULT 0,
    sold_count     bigint NOT NULL DEFAULT 0,   -- units shipped, for "bestselling"
    created_at     timestamptz NOT NULL DEFAULT shop_now(),
    updated_at     timestamptz NOT NULL DEFAULT shop_now(),
    archived_at    timestamptz
);
CREATE INDEX products_newest ON products (created_at DESC, id DESC) WHERE active AND archived_at IS NULL;
CREATE INDEX products_category ON products (category_id) WHERE active AND archived_at IS NULL;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX products_search ON products USING gin (search_key gin_trgm_ops);

-- Addresses a product had: old links answer 301.
CREATE TABLE product_slugs (
    slug       text PRIMARY KEY,
    product_id bigint NOT NULL REFERENCES products
);

CREATE TABLE variants (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id       bigint NOT NULL REFERENCES products,
    sku              text NOT NULL CONSTRAINT variants_sku_key UNIQUE,
    options          jsonb NOT NULL DEFAULT '[]', -- [{name: {fa, en}, value: {fa, en}}]
    price            bigint NOT NULL CHECK (price BETWEEN 0 AND 1000000000000),
    compare_at_price bigint CHECK (compare_at_price BETWEEN 0 AND 1000000000000),
    weight_g         int NOT NULL DEFAULT 0 CHECK (weight_g >= 0),
    position         int NOT NULL DEFAULT 0,
    archived_at      timestamptz
);
CREATE INDEX variants_product ON variants (product_id, position, id);

CREATE TABLE images (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id bigint NOT NULL REFERENCES products,
    file       text NOT NULL, -- name under the media folder; content-addressed, immutable
    width      int NOT NULL,
    height     int NOT NULL,
    position   int NOT NULL DEFAULT 0
);
CREATE INDEX images_product ON images (product_id, position, id);

-- Stock is changed by inserting movements and in no other way: a trigger applies each movement to
-- the columns, so their sums are equal by construction, and the constraint is the last line against
-- overselling.
CREATE TABLE stock (
    variant_id bigint PRIMARY KEY REFERENCES variants,
    on_hand    bigint NOT NULL DEFAULT 0,
    reserved   bigint NOT NULL DEFAULT 0,
    CONSTRAINT stock_reserved_within_on_hand CHECK (0 <= reserved AND reserved <= on_hand)
) WITH (fillfactor = 70);

CREATE TABLE stock_movements (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    variant_id     bigint NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('count', 'reserve', 'release', 'ship', 'restock')),
    on_hand_delta  bigint NOT NULL DEFAULT 0,
    reserved_delta bigint NOT NULL DEFAULT 0,
    order_id       bigint,
    reason         text,
    actor          text NOT NULL DEFAULT actor_kind(),
    actor_id       bigint DEFAULT actor_id(),
    at             timestamptz NOT NULL DEFAULT shop_now(),
    CHECK (kind <> 'reserve' OR (on_hand_delta = 0 AND reserved_delta > 0)),
    CHECK (kind <> 'release' OR (on_hand_delta = 0 AND reserved_delta < 0)),
    CHECK (kind <> 'ship'    OR (on_hand_delta < 0 AND reserved_delta = on_hand_delta)),
    CHECK (kind <> 'restock' OR (on_hand_delta > 0 AND reserved_delta = 0)),
    CHECK (kind <> 'count'   OR reserved_delta = 0),
    CHECK (kind = 'count' OR order_id IS NOT NULL)
);
CREATE INDEX stock_movements_variant ON stock_movements (variant_id, id);
CREATE INDEX stock_movements_order ON stock_movements (order_id) WHERE order_id IS NOT NULL;

CREATE FUNCTION stock_apply() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public AS $$
BEGIN
    UPDATE stock SET on_hand = on_hand + NEW.on_hand_delta, reserved = reserved + NEW.reserved_delta
     WHERE variant_id = NEW.variant_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'variant % has no stock row', NEW.variant_id USING ERRCODE = 'TZ003';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER stock_movement_applies AFTER INSERT ON stock_movements
    FOR EACH ROW EXECUTE FUNCTION stock_apply();
CREATE TRIGGER stock_movements_append_only BEFORE UPDATE OR DELETE ON stock_movements
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION stock_only_by_movement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'stock changes only by stock_movements' USING ERRCODE = 'TZ002';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stock_changes_by_movement BEFORE UPDATE OF on_hand, reserved ON stock
    FOR EACH ROW EXECUTE FUNCTION stock_only_by_movement();

CREATE FUNCTION variant_gets_stock() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public AS $$
BEGIN
    INSERT INTO stock (variant_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER variant_stock AFTER INSERT ON variants
    FOR EACH ROW EXECUTE FUNCTION variant_gets_stock();

CREATE TABLE tax_rates (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tax_class  text NOT NULL,
    province   text,                    -- NULL: everywhere
    rate_bp    int NOT NULL CHECK (rate_bp BETWEEN 0 AND 10000),
    valid_from timestamptz NOT NULL,
    UNIQUE NULLS NOT DISTINCT (tax_class, province, valid_from)
);
INSERT INTO tax_rates (tax_class, rate_bp, valid_from) VALUES ('standard', 0, '2000-01-01Z'), ('exempt', 0, '2000-01-01Z');

CREATE TABLE shipping_methods (
    id                text PRIMARY KEY CHECK (id ~ '^[a-z0-9_]{1,40}$'),
    title_fa          text NOT NULL,
    title_en          text NOT NULL,
    charged           text NOT NULL DEFAULT 'checkout' CHECK (charged IN ('checkout', 'on_delivery')),
    eta_days          int NOT NULL DEFAULT 3 CHECK (eta_days BETWEEN 0 AND 90),
    needs_address     boolean NOT NULL DEFAULT true,
    needs_postal_code boolean NOT NULL DEFAULT false,
    free_over         bigint CHECK (free_over >= 0),
    position          int NOT NULL DEFAULT 0,
    active            boolean NOT NULL DEFAULT true
);
-- The first zone (by position) that names the province, or names all (NULL), gives the price.
CREATE TABLE shipping_zones (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    method_id  text NOT NULL REFERENCES shipping_methods ON DELETE CASCADE,
    position   int NOT NULL,
    provinces  text[],
    extra_kg   bigint NOT NULL DEFAULT 0 CHECK (extra_kg >= 0),
    UNIQUE (method_id, position)
);
CREATE TABLE shipping_steps (
    zone_id bigint NOT NULL REFERENCES shipping_zones ON DELETE CASCADE,
    up_to_g int NOT NULL CHECK (up_to_g > 0),
    price   bigint NOT NULL CHECK (price >= 0),
    PRIMARY KEY (zone_id, up_to_g)
);

GRANT SELECT ON provinces, categories, products, product_slugs, variants, images, stock,
    stock_movements, tax_rates, shipping_methods, shipping_zones, shipping_steps
    TO tarazu_web, tarazu_order, tarazu_pay, tarazu_job, tarazu_readonly;
GRANT INSERT, UPDATE ON categories, products, product_slugs, variants, tax_rates, shipping_methods TO tarazu_web;
GRANT INSERT, UPDATE, DELETE ON images, shipping_zones, shipping_steps TO tarazu_web;
GRANT INSERT ON stock_movements TO tarazu_web, tarazu_order, tarazu_pay, tarazu_job;
GRANT UPDATE (sold_count) ON products TO tarazu_order;
-- Row locks need a grant of UPDATE on some column; the trigger above still refuses changes.
GRANT UPDATE (variant_id) ON stock TO tarazu_web, tarazu_order, tarazu_pay, tarazu_job;
