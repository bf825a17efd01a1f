-- Expand: a column that the release before neither knows nor writes; it can be without a value as long as that one runs.

SET LOCAL lock_timeout = '2s';                          -- rather fail, and try again, than have everybody wait behind us
ALTER TABLE payments ADD COLUMN expires_at timestamptz;  -- until when an order can be paid; null where nothing was billed
