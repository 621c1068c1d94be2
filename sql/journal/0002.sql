-- Prescribers who were added at this till (COUNTER 1.7). They are uploaded before the first sale that names them.

CREATE TABLE new_doctor (
  record_id INTEGER NOT NULL PRIMARY KEY REFERENCES record (id),
  uuid TEXT NOT NULL UNIQUE,
  bytes BLOB NOT NULL
) STRICT;

-- Their newest mark: made from the tables above, in the same transactions.
CREATE TABLE doctor_standing (
  record_id INTEGER NOT NULL PRIMARY KEY REFERENCES new_doctor (record_id),
  state TEXT NOT NULL CHECK (state IN ('queued', 'committed', 'parked'))
) STRICT;

CREATE INDEX doctor_standing_unsent ON doctor_standing (record_id) WHERE state = 'queued';

CREATE TRIGGER new_doctor_is_kept BEFORE DELETE ON new_doctor BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER new_doctor_is_fixed BEFORE UPDATE ON new_doctor BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
