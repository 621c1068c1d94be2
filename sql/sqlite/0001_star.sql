-- The star schema and what stands beside it, in the words of SQLite: decimals are INTEGER ten-thousandths, times TEXT in UTC.
-- Single statements, each repeatable: the runner records every one when it is done. Never edited once released.

-- The catalogue's change number and its epoch (PATH 3.7): one row, locked to the end of the writer's transaction, so
-- that number order is commit order.
CREATE TABLE IF NOT EXISTS change_seq (
  id INTEGER NOT NULL,
  n INTEGER NOT NULL,
  epoch TEXT NOT NULL,
  PRIMARY KEY (id)
) STRICT;

-- One value for the fleet, such as the relay's mode (PATH 4.4).
CREATE TABLE IF NOT EXISTS setting (
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (name)
) STRICT;

-- A rate is not a tax: codes of one rate are kept apart.
CREATE TABLE IF NOT EXISTS tax_code (
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  rate INTEGER NOT NULL,
  valid_from TEXT NOT NULL,
  changed_n INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (code, valid_from)
) STRICT;

-- Natural key: the folded name.
CREATE TABLE IF NOT EXISTS dim_outlet (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uuid TEXT NOT NULL,
  active INTEGER NOT NULL DEFAULT 1,
  version INTEGER NOT NULL DEFAULT 1,
  changed_n INTEGER NOT NULL DEFAULT 0,
  changed_at TEXT NOT NULL,
  changed_by TEXT NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  region TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  opening_hours TEXT NOT NULL,
  address TEXT NOT NULL,
  phone TEXT NOT NULL,
  tax_number TEXT NOT NULL,
  currency TEXT NOT NULL,
  currency_decimals INTEGER NOT NULL DEFAULT 2,
  smallest_coin INTEGER NOT NULL,
  receipt_footer TEXT NOT NULL,
  UNIQUE (uuid),
  UNIQUE (name_key)
) STRICT;

CREATE INDEX IF NOT EXISTS ix_dim_outlet_changed_n ON dim_outlet (changed_n);

-- Natural key: folded name and phone. Pay is in employee_pay, which tills cannot read (PATH 3.10).
CREATE TABLE IF NOT EXISTS dim_employee (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uuid TEXT NOT NULL,
  active INTEGER NOT NULL DEFAULT 1,
  version INTEGER NOT NULL DEFAULT 1,
  changed_n INTEGER NOT NULL DEFAULT 0,
  changed_at TEXT NOT NULL,
  changed_by TEXT NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  phone_number TEXT NOT NULL,
  phone_key TEXT NOT NULL,
  email TEXT NOT NULL,
  role TEXT NOT NULL,
  UNIQUE (uuid),
  UNIQUE (name_key, phone_key)
) STRICT;

CREATE INDEX IF NOT EXISTS ix_dim_employee_changed_n ON dim_employee (changed_n);

-- Salaries, apart from everything that a till reads.
CREATE TABLE IF NOT EXISTS employee_pay (
  employee_id INTEGER NOT NULL,
  salary INTEGER,
  version INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (employee_id),
  FOREIGN KEY (employee_id) REFERENCES dim_employee (id)
) STRICT;

-- Natural key: the registration number, else name and phone. Row 1 is "none". A merged row points at its survivor.
CREATE TABLE IF NOT EXISTS dim_doctor (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uuid TEXT NOT NULL,
  active INTEGER NOT NULL DEFAULT 1,
  version INTEGER NOT NULL DEFAULT 1,
  changed_n INTEGER NOT NULL DEFAULT 0,
  changed_at TEXT NOT NULL,
  changed_by TEXT NOT NULL,
  natural_key TEXT NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  registration_number TEXT NOT NULL,
  specialization TEXT NOT NULL,
  phone_number TEXT NOT NULL,
  phone_key TEXT NOT NULL,
  email TEXT NOT NULL,
  region TEXT NOT NULL,
  confirmed INTEGER NOT NULL DEFAULT 1,
  merged_into INTEGER,
  UNIQUE (uuid),
  UNIQUE (natural_key)
) STRICT;

CREATE INDEX IF NOT EXISTS ix_dim_doctor_changed_n ON dim_doctor (changed_n);

-- Natural key: the code (NDC, GTIN or own).
CREATE TABLE IF NOT EXISTS dim_drug (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uuid TEXT NOT NULL,
  active INTEGER NOT NULL DEFAULT 1,
  version INTEGER NOT NULL DEFAULT 1,
  changed_n INTEGER NOT NULL DEFAULT 0,
  changed_at TEXT NOT NULL,
  changed_by TEXT NOT NULL,
  code TEXT NOT NULL,
  code_key TEXT NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  generic_name TEXT NOT NULL,
  strength TEXT NOT NULL,
  form TEXT NOT NULL,
  base_unit TEXT NOT NULL,
  tax_code TEXT NOT NULL,
  prescription_only INTEGER NOT NULL DEFAULT 0,
  controlled_limit INTEGER,
  UNIQUE (uuid),
  UNIQUE (code_key)
) STRICT;

CREATE INDEX IF NOT EXISTS ix_dim_drug_changed_n ON dim_drug (changed_n);

CREATE INDEX IF NOT EXISTS ix_dim_drug_name_key ON dim_drug (name_key);

-- The units in which a drug is sold; the base unit is the pack of 1.
CREATE TABLE IF NOT EXISTS drug_pack (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  drug_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  base_units INTEGER NOT NULL,
  code TEXT,
  code_key TEXT,
  offer_first INTEGER NOT NULL DEFAULT 0,
  active INTEGER NOT NULL DEFAULT 1,
  UNIQUE (drug_id, name_key),
  UNIQUE (code_key),
  FOREIGN KEY (drug_id) REFERENCES dim_drug (id)
) STRICT;

-- The narrowest valid row wins; outlet 0 is every outlet, list "" is every list (COUNTER 1.2).
CREATE TABLE IF NOT EXISTS price (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  pack_id INTEGER NOT NULL,
  outlet_id INTEGER NOT NULL DEFAULT 0,
  price_list TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  amount INTEGER NOT NULL,
  UNIQUE (pack_id, outlet_id, price_list, valid_from),
  FOREIGN KEY (pack_id) REFERENCES drug_pack (id)
) STRICT;

-- Tenders are data (COUNTER 1.8).
CREATE TABLE IF NOT EXISTS dim_tender (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uuid TEXT NOT NULL,
  active INTEGER NOT NULL DEFAULT 1,
  version INTEGER NOT NULL DEFAULT 1,
  changed_n INTEGER NOT NULL DEFAULT 0,
  changed_at TEXT NOT NULL,
  changed_by TEXT NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  entry_key TEXT NOT NULL,
  reference_pattern TEXT NOT NULL,
  reference_unique INTEGER NOT NULL DEFAULT 0,
  gives_change INTEGER NOT NULL DEFAULT 0,
  refund_as TEXT NOT NULL,
  counted_at_close INTEGER NOT NULL DEFAULT 1,
  UNIQUE (uuid),
  UNIQUE (name_key)
) STRICT;

CREATE INDEX IF NOT EXISTS ix_dim_tender_changed_n ON dim_tender (changed_n);

-- One row a day.
CREATE TABLE IF NOT EXISTS dim_date (
  date_day TEXT NOT NULL,
  year INTEGER NOT NULL,
  quarter INTEGER NOT NULL,
  month INTEGER NOT NULL,
  month_name TEXT NOT NULL,
  day INTEGER NOT NULL,
  iso_year INTEGER NOT NULL,
  iso_week INTEGER NOT NULL,
  iso_weekday INTEGER NOT NULL,
  weekday_name TEXT NOT NULL,
  weekend INTEGER NOT NULL,
  PRIMARY KEY (date_day)
) STRICT;

-- The end of each till's chain in this store; the fence of every attempt (PATH 3.1), and the installation that may
-- write it (PATH 2.4).
CREATE TABLE IF NOT EXISTS till_head (
  till_id TEXT NOT NULL,
  series INTEGER NOT NULL,
  receipt_no INTEGER NOT NULL,
  hash TEXT NOT NULL,
  sale_id TEXT,
  installation_id TEXT NOT NULL,
  opened_at TEXT NOT NULL,
  PRIMARY KEY (till_id, series)
) STRICT;

-- The chained receipts, one row for every promise, parked ones too. No foreign key to a dimension (PATH 2.3).
CREATE TABLE IF NOT EXISTS sale (
  sale_id TEXT NOT NULL,
  till_id TEXT NOT NULL,
  series INTEGER NOT NULL,
  receipt_no INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  line_count INTEGER NOT NULL,
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  bytes BLOB NOT NULL,
  flags TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  PRIMARY KEY (sale_id),
  UNIQUE (till_id, series, receipt_no)
) STRICT;

-- Sales that the store could not hold as they were, with the reason.
CREATE TABLE IF NOT EXISTS sale_parked (
  sale_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  parked_at TEXT NOT NULL,
  PRIMARY KEY (sale_id),
  FOREIGN KEY (sale_id) REFERENCES sale (sale_id)
) STRICT;

-- How a parked sale was mended, or that it was struck.
CREATE TABLE IF NOT EXISTS sale_resolved (
  sale_id TEXT NOT NULL,
  resolution TEXT NOT NULL,
  resolved_by TEXT NOT NULL,
  resolved_at TEXT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (sale_id),
  FOREIGN KEY (sale_id) REFERENCES sale (sale_id)
) STRICT;

-- Batches of goods; row 1 is "none".
CREATE TABLE IF NOT EXISTS stock_batch (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  outlet_id INTEGER NOT NULL,
  drug_id INTEGER NOT NULL,
  batch TEXT NOT NULL,
  expiry TEXT,
  cost INTEGER,
  UNIQUE (outlet_id, drug_id, batch)
) STRICT;

-- The grain: one row a sale line. Never updated, never deleted; a return or void is a new row.
CREATE TABLE IF NOT EXISTS fact_sale (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sale_id TEXT NOT NULL,
  line_no INTEGER NOT NULL,
  kind TEXT NOT NULL,
  event_id TEXT NOT NULL,
  till_id TEXT NOT NULL,
  series INTEGER NOT NULL,
  receipt_no INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  outlet_id INTEGER NOT NULL,
  employee_id INTEGER NOT NULL,
  drug_id INTEGER NOT NULL,
  doctor_id INTEGER NOT NULL,
  batch_id INTEGER NOT NULL DEFAULT 1,
  date_sold TEXT NOT NULL,
  sold_at TEXT NOT NULL,
  sold_local TEXT NOT NULL,
  unit TEXT NOT NULL,
  unit_qty INTEGER NOT NULL,
  unit_factor INTEGER NOT NULL,
  quantity_sold INTEGER NOT NULL,
  unit_price INTEGER NOT NULL,
  discount INTEGER NOT NULL,
  tax_code TEXT NOT NULL,
  tax_rate INTEGER NOT NULL,
  tax_amount INTEGER NOT NULL,
  line_total INTEGER NOT NULL,
  currency TEXT NOT NULL,
  refund_of TEXT,
  chain TEXT NOT NULL,
  UNIQUE (sale_id, line_no),
  UNIQUE (event_id),
  FOREIGN KEY (sale_id) REFERENCES sale (sale_id),
  FOREIGN KEY (outlet_id) REFERENCES dim_outlet (id),
  FOREIGN KEY (employee_id) REFERENCES dim_employee (id),
  FOREIGN KEY (drug_id) REFERENCES dim_drug (id),
  FOREIGN KEY (doctor_id) REFERENCES dim_doctor (id),
  FOREIGN KEY (batch_id) REFERENCES stock_batch (id),
  FOREIGN KEY (date_sold) REFERENCES dim_date (date_day)
) STRICT;

CREATE INDEX IF NOT EXISTS ix_fact_sale_date_sold_outlet_id ON fact_sale (date_sold, outlet_id);

CREATE INDEX IF NOT EXISTS ix_fact_sale_drug_id_date_sold ON fact_sale (drug_id, date_sold);

CREATE INDEX IF NOT EXISTS ix_fact_sale_refund_of ON fact_sale (refund_of);

-- One row a tender of a sale; negative when paid out.
CREATE TABLE IF NOT EXISTS fact_payment (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sale_id TEXT NOT NULL,
  payment_no INTEGER NOT NULL,
  outlet_id INTEGER NOT NULL,
  tender_id INTEGER NOT NULL,
  date_sold TEXT NOT NULL,
  amount INTEGER NOT NULL,
  tendered INTEGER NOT NULL,
  change_given INTEGER NOT NULL,
  reference TEXT,
  reference_key TEXT,
  UNIQUE (sale_id, payment_no),
  FOREIGN KEY (sale_id) REFERENCES sale (sale_id),
  FOREIGN KEY (outlet_id) REFERENCES dim_outlet (id),
  FOREIGN KEY (tender_id) REFERENCES dim_tender (id),
  FOREIGN KEY (date_sold) REFERENCES dim_date (date_day)
) STRICT;

CREATE INDEX IF NOT EXISTS ix_fact_payment_tender_id_reference_key ON fact_payment (tender_id, reference_key);

-- What remains by the book, in base units; no row: not counted. Always the sum of its movements.
CREATE TABLE IF NOT EXISTS stock (
  outlet_id INTEGER NOT NULL,
  drug_id INTEGER NOT NULL,
  supplied INTEGER NOT NULL,
  remaining INTEGER NOT NULL,
  PRIMARY KEY (outlet_id, drug_id),
  FOREIGN KEY (outlet_id) REFERENCES dim_outlet (id),
  FOREIGN KEY (drug_id) REFERENCES dim_drug (id)
) STRICT;

-- Append-only: sale, return, supply, count, transfer, waste.
CREATE TABLE IF NOT EXISTS stock_movement (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uuid TEXT NOT NULL,
  outlet_id INTEGER NOT NULL,
  drug_id INTEGER NOT NULL,
  batch_id INTEGER NOT NULL DEFAULT 1,
  kind TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  sale_id TEXT,
  line_no INTEGER,
  moved_by TEXT NOT NULL,
  reason TEXT NOT NULL,
  moved_at TEXT NOT NULL,
  UNIQUE (uuid),
  FOREIGN KEY (outlet_id) REFERENCES dim_outlet (id),
  FOREIGN KEY (drug_id) REFERENCES dim_drug (id),
  FOREIGN KEY (batch_id) REFERENCES stock_batch (id)
) STRICT;

CREATE INDEX IF NOT EXISTS ix_stock_movement_outlet_id_drug_id ON stock_movement (outlet_id, drug_id);

CREATE INDEX IF NOT EXISTS ix_stock_movement_sale_id ON stock_movement (sale_id);

-- Events not yet, or lately, published; id is the event's. The first five columns are what Debezium's outbox event
-- router reads. Read by (till, series, seq), never by insertion. set_aside: why no broker will ever take it.
CREATE TABLE IF NOT EXISTS sale_outbox (
  id TEXT NOT NULL,
  aggregatetype TEXT NOT NULL,
  aggregateid TEXT NOT NULL,
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  till_id TEXT NOT NULL,
  series INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  made_at TEXT NOT NULL,
  marked_at TEXT,
  epoch INTEGER,
  set_aside TEXT,
  PRIMARY KEY (id),
  UNIQUE (aggregatetype, till_id, series, seq)
) STRICT;

CREATE INDEX IF NOT EXISTS ix_sale_outbox_till_id_marked_at_series_seq ON sale_outbox (till_id, marked_at, series, seq);

CREATE INDEX IF NOT EXISTS ix_sale_outbox_marked_at ON sale_outbox (marked_at);

-- Who publishes a till's events, until when by this database's clock (PATH 4.2).
CREATE TABLE IF NOT EXISTS relay_lease (
  till_id TEXT NOT NULL,
  holder TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  expires_at TEXT NOT NULL,
  PRIMARY KEY (till_id)
) STRICT;

-- The plain table that analysts of the older tracker know.
CREATE VIEW IF NOT EXISTS sales AS
SELECT f.employee_id AS emp_id, f.drug_id AS drug_id, f.doctor_id AS doc_id, o.name AS pharmacy_name, o.region AS pharmacy_region,
  f.quantity_sold / 10000.0 AS quantity_sold, f.date_sold AS date_sold
FROM fact_sale f JOIN dim_outlet o ON o.id = f.outlet_id;
