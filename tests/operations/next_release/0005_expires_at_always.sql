-- Contract: every order says until when it can be paid. Only once no process of the release before runs any more.

SET LOCAL lock_timeout = '2s';
ALTER TABLE payments                                    -- what is written from now on; what is there is looked at next
    ADD CONSTRAINT orders_expire CHECK (order_ref IS NULL OR expires_at IS NOT NULL) NOT VALID;
