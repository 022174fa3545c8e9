-- What an official invoice needs beyond buyer and seller: in whose name it is made out, and the tax authority's ids
-- of the goods. Both are frozen into the order.

ALTER TABLE variants ADD COLUMN goods_id text CONSTRAINT variants_goods_id CHECK (goods_id ~ '^[0-9]{13}$');
ALTER TABLE order_items ADD COLUMN goods_id text CONSTRAINT order_items_goods_id CHECK (goods_id ~ '^[0-9]{13}$');

-- {name, kind, national_id, economic_code, registration, province, city, address, postal_code, phone}: a person by national
-- code, a company by its legal id; the checksums are the program's. Not asked for: NULL, the invoice is the buyer's.
ALTER TABLE orders ADD COLUMN invoice_to jsonb CONSTRAINT orders_invoice_to CHECK (invoice_to IS NULL OR coalesce(
    invoice_to ->> 'name' <> '' AND (invoice_to ->> 'kind', length(invoice_to ->> 'national_id')) IN (('person', 10), ('company', 11))
    AND invoice_to ->> 'national_id' ~ '^[0-9]+$', false));
CREATE INDEX orders_invoice_to_last ON orders (customer_id, id DESC) WHERE invoice_to IS NOT NULL;

-- The parties of an order are what they were: not even the owner of the database changes them in passing. (An address may be
-- corrected until the goods leave; that leaves its entry in order_notes.)
CREATE TRIGGER orders_parties_frozen BEFORE UPDATE OF buyer, seller, invoice_to ON orders FOR EACH ROW
    WHEN ((OLD.buyer, OLD.seller, OLD.invoice_to) IS DISTINCT FROM (NEW.buyer, NEW.seller, NEW.invoice_to))
    EXECUTE FUNCTION refuse_change();
