-- What intake's HTTP shows, projected from intake's own events, and the vault, which is not: it is backed up.

CREATE TABLE applications (
    application_id uuid        PRIMARY KEY,             -- UUIDv7: in the order of submission
    dossier_code   text        NOT NULL UNIQUE,
    applicant_id   uuid        NOT NULL,
    agency         text        NOT NULL,
    procedure      text        NOT NULL,
    channel        text        NOT NULL,
    language       text        NOT NULL,
    status         text        NOT NULL,
    submitted_at   timestamptz NOT NULL,
    appointment    timestamptz,
    outcome        text
);
CREATE INDEX applications_queue ON applications (agency, status, application_id);

CREATE TABLE timeline (
    application_id uuid        NOT NULL,
    sequence       bigint      NOT NULL,                -- of the event: gap-free per application
    at             timestamptz NOT NULL,
    event          text        NOT NULL,
    status         text        NOT NULL,                -- after the event
    PRIMARY KEY (application_id, sequence)
);

CREATE TABLE vault (
    application_id uuid  PRIMARY KEY,
    applicant_id   uuid  NOT NULL,
    wrapped_key    bytea,                               -- null: destroyed, and the rest of the row unreadable for ever
    sealed         bytea NOT NULL
);
CREATE INDEX vault_applicant ON vault (applicant_id);

CREATE TABLE vault_accesses (
    at             timestamptz NOT NULL DEFAULT now(),
    application_id uuid        NOT NULL,
    reader         uuid        NOT NULL,                -- subject of the asking service's token
    purpose        text        NOT NULL
);
CREATE INDEX vault_accesses_application ON vault_accesses (application_id, at);
