-- The star schema and what stands beside it, in the words of MySQL 8.0+, MySQL 9 and MariaDB 10.6+.
-- Single statements, each repeatable: the runner records every one when it is done. Never edited once released.

-- The catalogue's change number and its epoch (PATH 3.7): one row, locked to the end of the writer's transaction, so
-- that number order is commit order.
CREATE TABLE IF NOT EXISTS change_seq (
  id BIGINT NOT NULL,
  n BIGINT NOT NULL,
  epoch CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One value for the fleet, such as the relay's mode (PATH 4.4).
CREATE TABLE IF NOT EXISTS setting (
  name VARCHAR(64) NOT NULL,
  value VARCHAR(255) NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A rate is not a tax: codes of one rate are kept apart.
CREATE TABLE IF NOT EXISTS tax_code (
  code VARCHAR(16) NOT NULL,
  name VARCHAR(60) NOT NULL,
  rate DECIMAL(18,4) NOT NULL,
  valid_from DATE NOT NULL,
  changed_n BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (code, valid_from)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Natural key: the folded name.
CREATE TABLE IF NOT EXISTS dim_outlet (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  uuid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  active TINYINT NOT NULL DEFAULT 1,
  version BIGINT NOT NULL DEFAULT 1,
  changed_n BIGINT NOT NULL DEFAULT 0,
  changed_at DATETIME(3) NOT NULL,
  changed_by VARCHAR(120) NOT NULL,
  name VARCHAR(50) NOT NULL,
  name_key VARCHAR(200) NOT NULL,
  region VARCHAR(60) NOT NULL,
  time_zone VARCHAR(64) NOT NULL,
  opening_hours VARCHAR(120) NOT NULL,
  address VARCHAR(200) NOT NULL,
  phone VARCHAR(20) NOT NULL,
  tax_number VARCHAR(40) NOT NULL,
  currency VARCHAR(3) NOT NULL,
  currency_decimals BIGINT NOT NULL DEFAULT 2,
  smallest_coin DECIMAL(18,4) NOT NULL,
  receipt_footer VARCHAR(200) NOT NULL,
  UNIQUE (uuid),
  UNIQUE (name_key),
  INDEX ix_dim_outlet_changed_n (changed_n)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Natural key: folded name and phone. Pay is in employee_pay, which tills cannot read (PATH 3.10).
CREATE TABLE IF NOT EXISTS dim_employee (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  uuid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  active TINYINT NOT NULL DEFAULT 1,
  version BIGINT NOT NULL DEFAULT 1,
  changed_n BIGINT NOT NULL DEFAULT 0,
  changed_at DATETIME(3) NOT NULL,
  changed_by VARCHAR(120) NOT NULL,
  name VARCHAR(80) NOT NULL,
  name_key VARCHAR(320) NOT NULL,
  phone_number VARCHAR(20) NOT NULL,
  phone_key VARCHAR(20) NOT NULL,
  email VARCHAR(120) NOT NULL,
  role VARCHAR(20) NOT NULL,
  UNIQUE (uuid),
  UNIQUE (name_key, phone_key),
  INDEX ix_dim_employee_changed_n (changed_n)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Salaries, apart from everything that a till reads.
CREATE TABLE IF NOT EXISTS employee_pay (
  employee_id BIGINT NOT NULL,
  salary DECIMAL(18,4) NULL,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (employee_id),
  FOREIGN KEY (employee_id) REFERENCES dim_employee (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Natural key: the registration number, else name and phone. Row 1 is "none". A merged row points at its survivor.
CREATE TABLE IF NOT EXISTS dim_doctor (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  uuid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  active TINYINT NOT NULL DEFAULT 1,
  version BIGINT NOT NULL DEFAULT 1,
  changed_n BIGINT NOT NULL DEFAULT 0,
  changed_at DATETIME(3) NOT NULL,
  changed_by VARCHAR(120) NOT NULL,
  natural_key VARCHAR(255) NOT NULL,
  name VARCHAR(80) NOT NULL,
  name_key VARCHAR(320) NOT NULL,
  registration_number VARCHAR(40) NOT NULL,
  specialization VARCHAR(60) NOT NULL,
  phone_number VARCHAR(20) NOT NULL,
  phone_key VARCHAR(20) NOT NULL,
  email VARCHAR(120) NOT NULL,
  region VARCHAR(60) NOT NULL,
  confirmed TINYINT NOT NULL DEFAULT 1,
  merged_into BIGINT NULL,
  UNIQUE (uuid),
  UNIQUE (natural_key),
  INDEX ix_dim_doctor_changed_n (changed_n)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Natural key: the code (NDC, GTIN or own).
CREATE TABLE IF NOT EXISTS dim_drug (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  uuid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  active TINYINT NOT NULL DEFAULT 1,
  version BIGINT NOT NULL DEFAULT 1,
  changed_n BIGINT NOT NULL DEFAULT 0,
  changed_at DATETIME(3) NOT NULL,
  changed_by VARCHAR(120) NOT NULL,
  code VARCHAR(32) NOT NULL,
  code_key VARCHAR(64) NOT NULL,
  name VARCHAR(120) NOT NULL,
  name_key VARCHAR(480) NOT NULL,
  generic_name VARCHAR(600) NOT NULL,
  strength VARCHAR(1300) NOT NULL,
  form VARCHAR(80) NOT NULL,
  base_unit VARCHAR(20) NOT NULL,
  tax_code VARCHAR(16) NOT NULL,
  prescription_only TINYINT NOT NULL DEFAULT 0,
  controlled_limit DECIMAL(18,4) NULL,
  UNIQUE (uuid),
  UNIQUE (code_key),
  INDEX ix_dim_drug_changed_n (changed_n),
  INDEX ix_dim_drug_name_key (name_key(191))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The units in which a drug is sold; the base unit is the pack of 1.
CREATE TABLE IF NOT EXISTS drug_pack (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  drug_id BIGINT NOT NULL,
  name VARCHAR(40) NOT NULL,
  name_key VARCHAR(160) NOT NULL,
  base_units DECIMAL(18,4) NOT NULL,
  code VARCHAR(32) NULL,
  code_key VARCHAR(64) NULL,
  offer_first TINYINT NOT NULL DEFAULT 0,
  active TINYINT NOT NULL DEFAULT 1,
  UNIQUE (drug_id, name_key),
  UNIQUE (code_key),
  FOREIGN KEY (drug_id) REFERENCES dim_drug (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The narrowest valid row wins; outlet 0 is every outlet, list "" is every list (COUNTER 1.2).
CREATE TABLE IF NOT EXISTS price (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  pack_id BIGINT NOT NULL,
  outlet_id BIGINT NOT NULL DEFAULT 0,
  price_list VARCHAR(20) NOT NULL,
  valid_from DATE NOT NULL,
  amount DECIMAL(18,4) NOT NULL,
  UNIQUE (pack_id, outlet_id, price_list, valid_from),
  FOREIGN KEY (pack_id) REFERENCES drug_pack (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Tenders are data (COUNTER 1.8).
CREATE TABLE IF NOT EXISTS dim_tender (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  uuid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  active TINYINT NOT NULL DEFAULT 1,
  version BIGINT NOT NULL DEFAULT 1,
  changed_n BIGINT NOT NULL DEFAULT 0,
  changed_at DATETIME(3) NOT NULL,
  changed_by VARCHAR(120) NOT NULL,
  name VARCHAR(40) NOT NULL,
  name_key VARCHAR(160) NOT NULL,
  entry_key VARCHAR(1) NOT NULL,
  reference_pattern VARCHAR(120) NOT NULL,
  reference_unique TINYINT NOT NULL DEFAULT 0,
  gives_change TINYINT NOT NULL DEFAULT 0,
  refund_as VARCHAR(40) NOT NULL,
  counted_at_close TINYINT NOT NULL DEFAULT 1,
  UNIQUE (uuid),
  UNIQUE (name_key),
  INDEX ix_dim_tender_changed_n (changed_n)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row a day.
CREATE TABLE IF NOT EXISTS dim_date (
  date_day DATE NOT NULL,
  year BIGINT NOT NULL,
  quarter BIGINT NOT NULL,
  month BIGINT NOT NULL,
  month_name VARCHAR(12) NOT NULL,
  day BIGINT NOT NULL,
  iso_year BIGINT NOT NULL,
  iso_week BIGINT NOT NULL,
  iso_weekday BIGINT NOT NULL,
  weekday_name VARCHAR(12) NOT NULL,
  weekend TINYINT NOT NULL,
  PRIMARY KEY (date_day)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The end of each till's chain in this store; the fence of every attempt (PATH 3.1), and the installation that may
-- write it (PATH 2.4).
CREATE TABLE IF NOT EXISTS till_head (
  till_id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  series BIGINT NOT NULL,
  receipt_no BIGINT NOT NULL,
  hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sale_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  installation_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  opened_at DATETIME(3) NOT NULL,
  PRIMARY KEY (till_id, series)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The chained receipts, one row for every promise, parked ones too. No foreign key to a dimension (PATH 2.3).
CREATE TABLE IF NOT EXISTS sale (
  sale_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  till_id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  series BIGINT NOT NULL,
  receipt_no BIGINT NOT NULL,
  first_seq BIGINT NOT NULL,
  line_count BIGINT NOT NULL,
  prev_hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  bytes LONGBLOB NOT NULL,
  flags VARCHAR(200) NOT NULL,
  recorded_at DATETIME(3) NOT NULL,
  PRIMARY KEY (sale_id),
  UNIQUE (till_id, series, receipt_no)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Sales that the store could not hold as they were, with the reason.
CREATE TABLE IF NOT EXISTS sale_parked (
  sale_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reason VARCHAR(1000) NOT NULL,
  parked_at DATETIME(3) NOT NULL,
  PRIMARY KEY (sale_id),
  FOREIGN KEY (sale_id) REFERENCES sale (sale_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- How a parked sale was mended, or that it was struck.
CREATE TABLE IF NOT EXISTS sale_resolved (
  sale_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  resolution VARCHAR(20) NOT NULL,
  resolved_by VARCHAR(120) NOT NULL,
  resolved_at DATETIME(3) NOT NULL,
  detail VARCHAR(1000) NOT NULL,
  PRIMARY KEY (sale_id),
  FOREIGN KEY (sale_id) REFERENCES sale (sale_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Batches of goods; row 1 is "none".
CREATE TABLE IF NOT EXISTS stock_batch (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  outlet_id BIGINT NOT NULL,
  drug_id BIGINT NOT NULL,
  batch VARCHAR(40) NOT NULL,
  expiry DATE NULL,
  cost DECIMAL(18,4) NULL,
  UNIQUE (outlet_id, drug_id, batch)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The grain: one row a sale line. Never updated, never deleted; a return or void is a new row.
CREATE TABLE IF NOT EXISTS fact_sale (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  sale_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  line_no BIGINT NOT NULL,
  kind VARCHAR(8) NOT NULL,
  event_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  till_id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  series BIGINT NOT NULL,
  receipt_no BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  outlet_id BIGINT NOT NULL,
  employee_id BIGINT NOT NULL,
  drug_id BIGINT NOT NULL,
  doctor_id BIGINT NOT NULL,
  batch_id BIGINT NOT NULL DEFAULT 1,
  date_sold DATE NOT NULL,
  sold_at DATETIME(3) NOT NULL,
  sold_local DATETIME(3) NOT NULL,
  unit VARCHAR(40) NOT NULL,
  unit_qty DECIMAL(18,4) NOT NULL,
  unit_factor DECIMAL(18,4) NOT NULL,
  quantity_sold DECIMAL(18,4) NOT NULL,
  unit_price DECIMAL(18,4) NOT NULL,
  discount DECIMAL(18,4) NOT NULL,
  tax_code VARCHAR(16) NOT NULL,
  tax_rate DECIMAL(18,4) NOT NULL,
  tax_amount DECIMAL(18,4) NOT NULL,
  line_total DECIMAL(18,4) NOT NULL,
  currency VARCHAR(3) NOT NULL,
  refund_of CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  chain CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  UNIQUE (sale_id, line_no),
  UNIQUE (event_id),
  FOREIGN KEY (sale_id) REFERENCES sale (sale_id),
  FOREIGN KEY (outlet_id) REFERENCES dim_outlet (id),
  FOREIGN KEY (employee_id) REFERENCES dim_employee (id),
  FOREIGN KEY (drug_id) REFERENCES dim_drug (id),
  FOREIGN KEY (doctor_id) REFERENCES dim_doctor (id),
  FOREIGN KEY (batch_id) REFERENCES stock_batch (id),
  FOREIGN KEY (date_sold) REFERENCES dim_date (date_day),
  INDEX ix_fact_sale_date_sold_outlet_id (date_sold, outlet_id),
  INDEX ix_fact_sale_drug_id_date_sold (drug_id, date_sold),
  INDEX ix_fact_sale_refund_of (refund_of)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row a tender of a sale; negative when paid out.
CREATE TABLE IF NOT EXISTS fact_payment (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  sale_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  payment_no BIGINT NOT NULL,
  outlet_id BIGINT NOT NULL,
  tender_id BIGINT NOT NULL,
  date_sold DATE NOT NULL,
  amount DECIMAL(18,4) NOT NULL,
  tendered DECIMAL(18,4) NOT NULL,
  change_given DECIMAL(18,4) NOT NULL,
  reference VARCHAR(60) NULL,
  reference_key VARCHAR(60) NULL,
  UNIQUE (sale_id, payment_no),
  FOREIGN KEY (sale_id) REFERENCES sale (sale_id),
  FOREIGN KEY (outlet_id) REFERENCES dim_outlet (id),
  FOREIGN KEY (tender_id) REFERENCES dim_tender (id),
  FOREIGN KEY (date_sold) REFERENCES dim_date (date_day),
  INDEX ix_fact_payment_tender_id_reference_key (tender_id, reference_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What remains by the book, in base units; no row: not counted. Always the sum of its movements.
CREATE TABLE IF NOT EXISTS stock (
  outlet_id BIGINT NOT NULL,
  drug_id BIGINT NOT NULL,
  supplied DECIMAL(18,4) NOT NULL,
  remaining DECIMAL(18,4) NOT NULL,
  PRIMARY KEY (outlet_id, drug_id),
  FOREIGN KEY (outlet_id) REFERENCES dim_outlet (id),
  FOREIGN KEY (drug_id) REFERENCES dim_drug (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Append-only: sale, return, supply, count, transfer, waste.
CREATE TABLE IF NOT EXISTS stock_movement (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  uuid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  outlet_id BIGINT NOT NULL,
  drug_id BIGINT NOT NULL,
  batch_id BIGINT NOT NULL DEFAULT 1,
  kind VARCHAR(12) NOT NULL,
  quantity DECIMAL(18,4) NOT NULL,
  sale_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  line_no BIGINT NULL,
  moved_by VARCHAR(120) NOT NULL,
  reason VARCHAR(200) NOT NULL,
  moved_at DATETIME(3) NOT NULL,
  UNIQUE (uuid),
  FOREIGN KEY (outlet_id) REFERENCES dim_outlet (id),
  FOREIGN KEY (drug_id) REFERENCES dim_drug (id),
  FOREIGN KEY (batch_id) REFERENCES stock_batch (id),
  INDEX ix_stock_movement_outlet_id_drug_id (outlet_id, drug_id),
  INDEX ix_stock_movement_sale_id (sale_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Events not yet, or lately, published; id is the event's. The first five columns are what Debezium's outbox event
-- router reads. Read by (till, series, seq), never by insertion. set_aside: why no broker will ever take it.
CREATE TABLE IF NOT EXISTS sale_outbox (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  aggregatetype VARCHAR(120) NOT NULL,
  aggregateid VARCHAR(120) NOT NULL,
  type VARCHAR(40) NOT NULL,
  payload LONGTEXT NOT NULL,
  till_id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  series BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  made_at DATETIME(3) NOT NULL,
  marked_at DATETIME(3) NULL,
  epoch BIGINT NULL,
  set_aside VARCHAR(250) NULL,
  PRIMARY KEY (id),
  UNIQUE (aggregatetype, till_id, series, seq),
  INDEX ix_sale_outbox_till_id_marked_at_series_seq (till_id, marked_at, series, seq),
  INDEX ix_sale_outbox_marked_at (marked_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Who publishes a till's events, until when by this database's clock (PATH 4.2).
CREATE TABLE IF NOT EXISTS relay_lease (
  till_id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  holder VARCHAR(64) NOT NULL,
  epoch BIGINT NOT NULL,
  expires_at DATETIME(3) NOT NULL,
  PRIMARY KEY (till_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The plain table that analysts of the older tracker know.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW sales AS
SELECT f.employee_id AS emp_id, f.drug_id AS drug_id, f.doctor_id AS doc_id, o.name AS pharmacy_name, o.region AS pharmacy_region,
  f.quantity_sold AS quantity_sold, f.date_sold AS date_sold
FROM fact_sale f JOIN dim_outlet o ON o.id = f.outlet_id;
