-- Since when an application stands where it stands, and two indexes that hold the open ones only: to watch them costs the
-- same however many were ever filed. Rows from before count from this migration on.

ALTER TABLE applications ADD COLUMN status_since timestamptz DEFAULT now();

CREATE INDEX applications_open ON applications (status, status_since)
    WHERE status NOT IN ('result-returned', 'identity-rejected', 'payment-expired', 'declined', 'stopped', 'withdrawn');

CREATE INDEX applications_due ON applications (appointment) INCLUDE (status, agency)
    WHERE appointment IS NOT NULL AND status IN ('accepted', 'in-process', 'supplement-requested');
