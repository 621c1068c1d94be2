-- What happened at the tills beside their sales (docs/events.md). Append-only, kept for good; the payload is the event, and
-- its row in the outbox is written in the same transaction. Numbers are a till's own, apart from those of its sales.
CREATE TABLE IF NOT EXISTS till_event (
  event_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  till_id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  series BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  kind VARCHAR(40) NOT NULL,
  outlet_id BIGINT NOT NULL,
  employee_id BIGINT NULL,
  drug_uuid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  happened_at DATETIME(3) NOT NULL,
  date_local DATE NOT NULL,
  payload LONGTEXT NOT NULL,
  recorded_at DATETIME(3) NOT NULL,
  PRIMARY KEY (event_id),
  UNIQUE (till_id, series, seq),
  FOREIGN KEY (outlet_id) REFERENCES dim_outlet (id),
  FOREIGN KEY (employee_id) REFERENCES dim_employee (id),
  INDEX ix_till_event_drug_uuid_kind_happened_at (drug_uuid, kind, happened_at),
  INDEX ix_till_event_date_local_outlet_id (date_local, outlet_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
