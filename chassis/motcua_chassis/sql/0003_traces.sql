-- Under which span an application's last event was decided (W3C traceparent): what comes later joins the same trace.
-- Null where it is not sampled, or nobody traces.

ALTER TABLE aggregates ADD COLUMN traceparent text;
