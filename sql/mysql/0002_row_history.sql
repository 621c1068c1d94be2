-- Who changed which row of a dimension, what and when. Append-only, written in the transaction of the change. A change of
-- pay is named without its figures. Read newest first by row.
CREATE TABLE IF NOT EXISTS row_history (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  dimension VARCHAR(20) NOT NULL,
  row_uuid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  field VARCHAR(120) NOT NULL,
  before_value TEXT NULL,
  after_value TEXT NULL,
  changed_by VARCHAR(120) NOT NULL,
  employee_id BIGINT NULL,
  till_id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL,
  changed_at DATETIME(3) NOT NULL,
  INDEX ix_row_history_row_uuid (row_uuid, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
