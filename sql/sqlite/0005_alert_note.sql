-- What somebody said of an alert (docs/alerts.md), with the alert's own words. Append-only, kept for good. The outlet is that
-- of the stream, which the catalogue need not know.
CREATE TABLE IF NOT EXISTS alert_note (
  id TEXT NOT NULL PRIMARY KEY,
  alert_id TEXT NOT NULL,
  rule TEXT NOT NULL,
  severity TEXT NOT NULL,
  found_at TEXT NOT NULL,
  outlet_id INTEGER,
  headline TEXT NOT NULL,
  figures TEXT NOT NULL,
  note TEXT NOT NULL,
  noted_by TEXT NOT NULL,
  noted_at TEXT NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS ix_alert_note_noted_at ON alert_note (noted_at);

CREATE INDEX IF NOT EXISTS ix_alert_note_alert_id ON alert_note (alert_id);
