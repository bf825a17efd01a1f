-- Every journey: occasions of a topic, mediums tried one after the other, officers' orders, calls, opt-outs.

ALTER TABLE notices DROP CONSTRAINT notices_pkey;
ALTER TABLE notices
    ADD COLUMN number       int    NOT NULL DEFAULT 1,  -- which occasion of the topic
    ADD COLUMN attempt      int    NOT NULL DEFAULT 1,  -- one more for each order of an officer
    ADD COLUMN rule         text,                       -- null: asked for before rules were data
    ADD COLUMN instead_of   text,                       -- the medium that failed for certain before this one
    ADD COLUMN requested_by uuid,                       -- the officer who ordered it to be sent again
    ADD COLUMN provider     text,                       -- who took it, where a medium has several
    ADD COLUMN filed_by     uuid;                       -- the account that filed for the applicant
ALTER TABLE notices ADD PRIMARY KEY (application_id, topic, number, attempt, medium);
COMMENT ON TABLE notices IS 'One row per message: a medium that is tried, in one attempt at telling one occasion.';

CREATE TABLE attempts (
    id             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    application_id uuid        NOT NULL,
    topic          text        NOT NULL,
    number         int         NOT NULL,
    medium         text        NOT NULL,
    at             timestamptz NOT NULL DEFAULT clock_timestamp(),
    provider       text,                                -- null: the medium has one only
    result         text,                                -- null: it runs, or the process ended during it
    ended_at       timestamptz,
    CHECK ((ended_at IS NULL) = (result IS NULL))
) WITH (fillfactor = 80);                               -- SMS and ZNS update each row once
CREATE INDEX attempts_of ON attempts (application_id, topic, number, medium);

CREATE TABLE opt_outs (
    applicant_id uuid        NOT NULL,
    medium       text        NOT NULL CHECK (medium IN ('email', 'sms', 'zns')),
    at           timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (applicant_id, medium)
);
