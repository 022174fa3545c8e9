-- Pictures that come with a request to give goods back, made anew from what was sent; kept here and not
-- among the public pictures.
CREATE TABLE return_photos (
    return_id bigint NOT NULL REFERENCES returns,
    number    int NOT NULL CHECK (number BETWEEN 1 AND 4),
    image     bytea NOT NULL, -- WebP
    PRIMARY KEY (return_id, number)
);
GRANT SELECT, INSERT ON return_photos TO tarazu_order;
GRANT SELECT ON return_photos TO tarazu_web;
GRANT SELECT (return_id, number) ON return_photos TO tarazu_readonly;
