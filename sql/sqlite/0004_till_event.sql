-- What happened at the tills beside their sales (docs/events.md). Append-only, kept for good; the payload is the event, and
-- its row in the outbox is written in the same transaction. Numbers are a till's own, apart from those of its sales.
CREATE TABLE IF NOT EXISTS till_event (
  event_id TEXT NOT NULL PRIMARY KEY,
  till_id TEXT NOT NULL,
  series INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL,
  outlet_id INTEGER NOT NULL REFERENCES dim_outlet (id),
  employee_id INTEGER REFERENCES dim_employee (id),
  drug_uuid TEXT,
  happened_at TEXT NOT NULL,
  date_local TEXT NOT NULL,
  payload TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  UNIQUE (till_id, series, seq)
) STRICT;

CREATE INDEX IF NOT EXISTS ix_till_event_drug_uuid_kind_happened_at ON till_event (drug_uuid, kind, happened_at);

CREATE INDEX IF NOT EXISTS ix_till_event_date_local_outlet_id ON till_event (date_local, outlet_id);
