-- Why somebody was (not) told: one row per message, projected from notification's own events.

CREATE TABLE notices (
    application_id uuid        NOT NULL,
    topic          text        NOT NULL,
    medium         text        NOT NULL,
    template       text        NOT NULL,
    language       text        NOT NULL,
    because        uuid        NOT NULL,                -- id of the event that gave rise to the message
    requested_at   timestamptz NOT NULL,
    ended_at       timestamptz,                         -- null while the message waits to be sent
    outcome        text        CHECK (outcome IN ('sent', 'failed')),
    reason         text,                                -- why it failed
    reference      text,                                -- the Message-ID under which the mail server took it
    agency         text        NOT NULL,
    applicant_id   uuid        NOT NULL,
    dossier_code   text        NOT NULL,
    PRIMARY KEY (application_id, topic),
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
) WITH (fillfactor = 80);                               -- every row is updated once
