-- What the chassis remembers, the same tables in every service.

CREATE TABLE aggregates (
    id            uuid        PRIMARY KEY,
    version       bigint      NOT NULL DEFAULT 0,          -- of its last event; 0: a placeholder that only holds the lock
    state         jsonb,
    last_event_at timestamptz NOT NULL DEFAULT '-infinity', -- an event is never older than the one before it
    correlation   uuid                                      -- the first message of its story
) WITH (fillfactor = 70);                                   -- room for in-page (HOT) updates: every event rewrites the row

CREATE TABLE positions (
    cluster     text   NOT NULL,                            -- a new cluster starts at offset 0 again
    topic       text   NOT NULL,
    partition   int    NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (cluster, topic, partition)
) WITH (fillfactor = 50);

-- Ids are UUIDv7: a range of ids is a range of time, so one id always meets itself in one daily partition.
CREATE TABLE inbox (id uuid PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE inbox_other_days PARTITION OF inbox DEFAULT;

CREATE TABLE outbox (
    seq        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic      text        NOT NULL,
    key        uuid        NOT NULL,
    headers    text        NOT NULL,                        -- values in the fixed order of the envelope, newline-joined
    body       bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    set_aside  text                                         -- why it can never be sent; its application waits behind it
);
CREATE INDEX outbox_set_aside ON outbox (key) WHERE set_aside IS NOT NULL;

CREATE TABLE work (
    aggregate    uuid        NOT NULL,
    key          text        NOT NULL,
    kind         text        NOT NULL,
    at           timestamptz NOT NULL,                      -- when it is due; moved by back-off after a failed attempt
    attempts     int         NOT NULL DEFAULT 0,
    uncertain    boolean     NOT NULL DEFAULT false,        -- an attempt began whose end nobody saw
    lease        uuid,
    leased_until timestamptz,
    paused       boolean     NOT NULL DEFAULT false,        -- a rebuilt service holds its calls until released
    last_error   text,
    PRIMARY KEY (aggregate, key)
) WITH (fillfactor = 70);
CREATE INDEX work_due ON work (at) WHERE NOT paused;

CREATE TABLE commands (
    principal  text        NOT NULL,
    route      text        NOT NULL,
    key        text        NOT NULL,
    body_hash  bytea       NOT NULL,
    reply      bytea,                                       -- null only inside the transaction that decides it
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (principal, route, key)
);

CREATE TABLE counters (
    name  text   PRIMARY KEY,
    value bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE dead_letters (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state       text        NOT NULL CHECK (state IN ('parked', 'held', 'retried', 'discarded')),
    application uuid,                                       -- null where the record does not say
    source      text,
    reason      text        NOT NULL,                       -- stable code, e.g. 'bad-json'
    detail      text        NOT NULL,                       -- what and where, without the value
    cluster     text        NOT NULL,
    topic       text        NOT NULL,
    partition   int         NOT NULL,
    "offset"    bigint      NOT NULL,
    key         bytea,
    headers     bytea       NOT NULL,                       -- msgpack: [[name, value], ...]
    body        bytea,
    parked_at   timestamptz NOT NULL DEFAULT now(),
    history     jsonb       NOT NULL DEFAULT '[]'
);
CREATE INDEX dead_letters_open ON dead_letters (application, source, id) WHERE state IN ('parked', 'held');
