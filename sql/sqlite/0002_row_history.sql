-- Who changed which row of a dimension, what and when. Append-only, written in the transaction of the change. A change of
-- pay is named without its figures. Read newest first by row.
CREATE TABLE IF NOT EXISTS row_history (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  dimension TEXT NOT NULL,
  row_uuid TEXT NOT NULL,
  field TEXT NOT NULL,
  before_value TEXT,
  after_value TEXT,
  changed_by TEXT NOT NULL,
  employee_id INTEGER,
  till_id TEXT,
  changed_at TEXT NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS ix_row_history_row_uuid ON row_history (row_uuid, id);
