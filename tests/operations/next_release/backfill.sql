-- Fill in what the release before left out, 1,000 rows at a time; again until it touches none.

UPDATE payments SET expires_at = (detail ->> 'expires_at')::timestamptz
WHERE application_id IN (
    SELECT application_id FROM payments WHERE order_ref IS NOT NULL AND expires_at IS NULL LIMIT 1000 FOR UPDATE)
