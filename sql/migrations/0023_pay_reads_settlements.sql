-- The answer to "check now" is made by resource_json, one statement over the tables of every kind of
-- resource: the pay workers must be allowed to read them all. They still may not write these.
GRANT SELECT ON settlements, settlement_rows TO tarazu_pay;
