-- Audit events: what happened here beside the sales, uploaded beside them. Their numbers are their own, per series.

CREATE TABLE audit_event (
  record_id INTEGER NOT NULL PRIMARY KEY REFERENCES record (id),
  uuid TEXT NOT NULL UNIQUE,
  bytes BLOB NOT NULL
) STRICT;

-- Their place and newest mark: made from the tables above, in the same transactions. A place changes only where the store
-- has another event of that number, of a journal that was restored from an older image.
CREATE TABLE audit_standing (
  record_id INTEGER NOT NULL PRIMARY KEY REFERENCES audit_event (record_id),
  state TEXT NOT NULL CHECK (state IN ('queued', 'committed', 'parked')),
  series INTEGER NOT NULL REFERENCES series (series),
  seq INTEGER NOT NULL,
  UNIQUE (series, seq)
) STRICT;

CREATE INDEX audit_standing_unsent ON audit_standing (series, seq) WHERE state = 'queued';

CREATE TRIGGER audit_event_is_kept BEFORE DELETE ON audit_event BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER audit_event_is_fixed BEFORE UPDATE ON audit_event BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
