-- What open orders come to, by an index that holds the open ones only.

ALTER TABLE payments ADD COLUMN amount bigint;          -- null where nothing was billed
UPDATE payments SET amount = (detail ->> 'amount')::bigint WHERE phase = 'requested';
CREATE INDEX payments_open ON payments (phase) INCLUDE (amount) WHERE phase = 'requested';
