-- A product's tax class is one of those there are: of another nobody would ever pay tax.
INSERT INTO tax_classes (id, title_fa, title_en)
SELECT DISTINCT tax_class, tax_class, tax_class FROM products WHERE tax_class ~ '^[a-z0-9_]{1,40}$' ON CONFLICT DO NOTHING;
UPDATE products SET tax_class = 'standard' WHERE tax_class NOT IN (SELECT id FROM tax_classes);
ALTER TABLE products ADD CONSTRAINT products_tax_class_exists FOREIGN KEY (tax_class) REFERENCES tax_classes (id);
