-- What operators did to a service as a whole; what they did with one dead letter stands in its history.

CREATE TABLE operator_actions (
    id     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     timestamptz NOT NULL,
    by     text        NOT NULL,                            -- subject of their token
    action text        NOT NULL,                            -- stable code, e.g. 'release-work'
    count  bigint      NOT NULL DEFAULT 0                   -- of what it touched
);
