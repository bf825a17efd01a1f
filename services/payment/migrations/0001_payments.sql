-- What payment's HTTP shows and the gateway's notices are looked up by; projected from payment's own events.

CREATE TABLE payments (
    application_id uuid        PRIMARY KEY,
    order_ref      text        UNIQUE,                  -- null when the fee was waived
    dossier_code   text        NOT NULL,
    applicant_id   uuid        NOT NULL,
    agency         text        NOT NULL,
    phase          text        NOT NULL,
    receipt        text        UNIQUE,                  -- null until settled
    detail         jsonb       NOT NULL                 -- the request or the waiver as published
);
