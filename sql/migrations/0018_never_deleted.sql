-- What was sold, by whom, to whom and under which rules is archived, never deleted: not even by the owner of
-- the database in passing. (Orders, payments, refunds, events and the books have refused it from the start.)
CREATE TRIGGER customers_never_deleted BEFORE DELETE ON customers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER addresses_never_deleted BEFORE DELETE ON addresses FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER categories_never_deleted BEFORE DELETE ON categories FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER products_never_deleted BEFORE DELETE ON products FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER variants_never_deleted BEFORE DELETE ON variants FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER coupons_never_deleted BEFORE DELETE ON coupons FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER coupon_codes_never_deleted BEFORE DELETE ON coupon_codes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER order_items_never_deleted BEFORE DELETE ON order_items FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refund_lines_never_deleted BEFORE DELETE ON refund_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
