-- What somebody said of an alert (docs/alerts.md), with the alert's own words. Append-only, kept for good. The outlet is that
-- of the stream, which the catalogue need not know.
CREATE TABLE IF NOT EXISTS alert_note (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  alert_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  rule VARCHAR(60) NOT NULL,
  severity VARCHAR(20) NOT NULL,
  found_at DATETIME(3) NOT NULL,
  outlet_id BIGINT NULL,
  headline TEXT NOT NULL,
  figures TEXT NOT NULL,
  note TEXT NOT NULL,
  noted_by VARCHAR(120) NOT NULL,
  noted_at DATETIME(3) NOT NULL,
  INDEX ix_alert_note_noted_at (noted_at),
  INDEX ix_alert_note_alert_id (alert_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
