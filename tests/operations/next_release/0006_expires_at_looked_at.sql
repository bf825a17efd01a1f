-- Looks at every row, in a transaction of its own: readers and writers go on meanwhile.

ALTER TABLE payments VALIDATE CONSTRAINT orders_expire;
