-- What an officer of the queue has to know of a review that two must settle.

ALTER TABLE reviews
    ADD COLUMN procedure   text NOT NULL DEFAULT '',    -- rows from before have none
    ADD COLUMN four_eyes   text,                        -- the rule that demands a second officer
    ADD COLUMN verdict     text,                        -- what the first one found
    ADD COLUMN proposed_by uuid,
    ADD COLUMN proposed_at timestamptz;
