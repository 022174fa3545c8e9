-- Sending and taxes as an owner keeps them: zones by distance, weight limits, measures of a parcel,
-- classes of tax, and rates whose ranges cannot overlap.

-- Which provinces touch; each pair once.
CREATE TABLE province_neighbours (
    a text NOT NULL REFERENCES provinces,
    b text NOT NULL REFERENCES provinces,
    PRIMARY KEY (a, b),
    CHECK (a < b)
);
INSERT INTO province_neighbours (a, b)
SELECT least(p.code, n.code), greatest(p.code, n.code)
  FROM (VALUES ('IR-00', '10 13 15 23 25 26 30'), ('IR-01', '02 19 24 26'), ('IR-02', '20 23 26 27 30'),
               ('IR-03', '04 19 24'), ('IR-04', '12 19'), ('IR-05', '12 13 15 16'), ('IR-06', '14 15 16 17 18'),
               ('IR-07', '08 10 17 18 21 22'), ('IR-08', '11 21 22 29'), ('IR-09', '20 28 29'),
               ('IR-10', '14 15 17 20 21 25 29'), ('IR-11', '22 29'), ('IR-12', '13 19'), ('IR-13', '15 19 26'),
               ('IR-14', '15 17'), ('IR-15', '16'), ('IR-17', '18'), ('IR-18', '22'), ('IR-19', '24 26'),
               ('IR-20', '23 25 27 28 29'), ('IR-21', '29'), ('IR-23', '25 30'), ('IR-26', '30'), ('IR-27', '28')) p(code, beside)
 CROSS JOIN LATERAL (SELECT 'IR-' || w AS code FROM regexp_split_to_table(p.beside, ' ') w) n;

ALTER TABLE shipping_methods
    ADD COLUMN min_weight_g int CHECK (min_weight_g >= 0),
    ADD COLUMN max_weight_g int CHECK (max_weight_g > 0),
    ADD CONSTRAINT shipping_methods_weights CHECK (min_weight_g <= max_weight_g);
-- kind: which provinces it serves, seen from the shop's own. 'listed': those of `provinces` (NULL: all).
ALTER TABLE shipping_zones
    ADD COLUMN kind text NOT NULL DEFAULT 'listed' CHECK (kind IN ('listed', 'same', 'beside', 'other')),
    ADD COLUMN title_fa text,
    ADD COLUMN title_en text,
    ADD CONSTRAINT shipping_zones_provinces CHECK (kind = 'listed' OR provinces IS NULL),
    DROP CONSTRAINT shipping_zones_method_id_position_key,
    ADD CONSTRAINT shipping_zones_place UNIQUE (method_id, position);

-- Of the packed unit, in centimetres; all three or none.
ALTER TABLE variants
    ADD COLUMN length_cm int CHECK (length_cm BETWEEN 1 AND 1000),
    ADD COLUMN width_cm int CHECK (width_cm BETWEEN 1 AND 1000),
    ADD COLUMN height_cm int CHECK (height_cm BETWEEN 1 AND 1000),
    ADD CONSTRAINT variants_measures CHECK (num_nulls(length_cm, width_cm, height_cm) IN (0, 3));

CREATE TABLE tax_classes (
    id         text PRIMARY KEY CHECK (id ~ '^[a-z0-9_]{1,40}$'),
    title_fa   text NOT NULL,
    title_en   text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT shop_now()
);
INSERT INTO tax_classes (id, title_fa, title_en) VALUES
    ('standard', 'مشمول مالیات', 'Taxed'), ('exempt', 'معاف از مالیات', 'Exempt');
INSERT INTO tax_classes (id, title_fa, title_en)
SELECT DISTINCT tax_class, tax_class, tax_class FROM tax_rates WHERE tax_class ~ '^[a-z0-9_]{1,40}$'
ON CONFLICT DO NOTHING;

-- A rate counts from valid_from until valid_until (NULL: until another comes). What is inserted cuts
-- off the one before it and ends where the next begins; two at the same moment cannot be.
CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER TABLE tax_rates
    ADD COLUMN valid_until timestamptz,
    ADD CHECK (valid_from < valid_until),
    DROP CONSTRAINT tax_rates_tax_class_province_valid_from_key;
UPDATE tax_rates r SET valid_until = (SELECT min(n.valid_from) FROM tax_rates n WHERE n.tax_class = r.tax_class
    AND n.province IS NOT DISTINCT FROM r.province AND n.valid_from > r.valid_from);
ALTER TABLE tax_rates ADD CONSTRAINT tax_rates_no_overlap EXCLUDE USING gist
    (tax_class WITH =, coalesce(province, '') WITH =, tstzrange(valid_from, valid_until) WITH &&);

CREATE FUNCTION tax_rate_takes_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.valid_until IS NULL THEN
        NEW.valid_until := (SELECT min(n.valid_from) FROM tax_rates n WHERE n.tax_class = NEW.tax_class
            AND n.province IS NOT DISTINCT FROM NEW.province AND n.valid_from > NEW.valid_from);
    END IF;
    UPDATE tax_rates SET valid_until = NEW.valid_from
     WHERE tax_class = NEW.tax_class AND province IS NOT DISTINCT FROM NEW.province
       AND valid_from < NEW.valid_from AND (valid_until IS NULL OR valid_until > NEW.valid_from);
    RETURN NEW;
END $$;
CREATE TRIGGER tax_rate_takes_place BEFORE INSERT ON tax_rates FOR EACH ROW EXECUTE FUNCTION tax_rate_takes_place();

GRANT SELECT ON province_neighbours, tax_classes TO tarazu_web, tarazu_order, tarazu_pay, tarazu_job, tarazu_readonly;
GRANT INSERT, UPDATE ON tax_classes TO tarazu_web;
GRANT DELETE ON tax_rates TO tarazu_web;
