-- The officers' queue of doubtful identities; projected from identity's own events, a row leaves when it is resolved.

CREATE TABLE reviews (
    application_id uuid        PRIMARY KEY,
    dossier_code   text        NOT NULL,
    agency         text        COLLATE "C" NOT NULL,        -- byte order: an agency and those below it are two ranges
    reason         text        NOT NULL,
    attributes     jsonb       NOT NULL,                    -- how each compared, as published
    since          timestamptz NOT NULL
);
CREATE INDEX reviews_agency ON reviews (agency, since);
