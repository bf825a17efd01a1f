-- The hard journeys: filing for others, supplements, officers' words, documents.

ALTER TABLE applications
    ADD COLUMN respond_by     timestamptz,              -- of the open supplement request
    ADD COLUMN filed_by       uuid,                     -- null: the applicant
    ADD COLUMN filer_capacity text;

ALTER TABLE timeline
    ADD COLUMN ground text,                             -- why: of a refusal, an extension, a stop
    ADD COLUMN note   uuid;                             -- the officer's words about it

CREATE TABLE supplements (
    application_id uuid        NOT NULL,
    number         int         NOT NULL,
    items          text[]      NOT NULL,                -- with reasons and notes side by side
    reasons        text[]      NOT NULL,
    notes          uuid[]      NOT NULL,                -- null where the officer wrote nothing
    requested_at   timestamptz NOT NULL,
    respond_by     timestamptz NOT NULL,
    supplied_at    timestamptz,
    paused_days    int,                                 -- by how many working days the answer moved the appointment
    PRIMARY KEY (application_id, number)
);

-- Not in the fold, like the vault: back them up.

CREATE TABLE notes (
    application_id uuid        NOT NULL,
    id             uuid        NOT NULL,
    sealed         bytea       NOT NULL,                -- under the application's key
    PRIMARY KEY (application_id, id)
);

CREATE TABLE uploads (
    id             uuid        PRIMARY KEY,
    owner          uuid        NOT NULL,                -- who sent it in
    content_type   text        NOT NULL,
    size           int         NOT NULL,                -- bytes before sealing
    uploaded_at    timestamptz NOT NULL DEFAULT now(),
    wrapped_key    bytea,                               -- its own; null: destroyed
    sealed         bytea       NOT NULL,
    request        uuid,                                -- the command that made it part of an application
    application_id uuid,
    item           text,                                -- e.g. document.marriage
    supplement     int                                  -- which one brought it; null: the submission
);
ALTER TABLE uploads ALTER COLUMN sealed SET STORAGE EXTERNAL; -- what is encrypted does not compress
CREATE INDEX uploads_application ON uploads (application_id) WHERE application_id IS NOT NULL;
CREATE INDEX uploads_unused ON uploads (uploaded_at) WHERE application_id IS NULL;
CREATE INDEX uploads_owner ON uploads (owner);

ALTER TABLE vault_accesses ADD COLUMN upload uuid;      -- the document that was fetched
