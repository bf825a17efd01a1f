-- Payments that ended with their application, and money that goes back; projected from payment's own events.

ALTER TABLE payments
    ADD COLUMN closing text,                            -- what ended the application; null while it goes on
    ADD COLUMN kept    jsonb NOT NULL DEFAULT '[]';     -- what stays of a paid fee after that, each part as published

CREATE TABLE refunds (
    refund         text        PRIMARY KEY,
    application_id uuid        NOT NULL,
    number         integer     NOT NULL,
    agency         text,                                -- null: money for an application of which nothing is known
    state          text        NOT NULL,
    requested_at   timestamptz NOT NULL,                -- the first time; officers see the oldest first
    request        jsonb       NOT NULL,                -- the latest request as published
    failure        jsonb,                               -- the failure as published, while it stands
    made           jsonb,                               -- the refund as published, once made
    UNIQUE (application_id, number)
);

-- What somebody still has to see to is few among all that was ever given back.
CREATE INDEX refunds_open ON refunds (state, requested_at, refund) WHERE state <> 'refunded';
CREATE INDEX refunds_by_agency ON refunds (agency, requested_at, refund);
