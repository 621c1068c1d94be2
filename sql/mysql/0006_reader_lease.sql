-- Who reads a partition for the totals, until when by this database's clock, and up to where its totals are published
-- (PATH 5.5). numbers: JSON, what was counted before next_offset of each till and series.
CREATE TABLE IF NOT EXISTS reader_lease (
  reader VARCHAR(255) NOT NULL,
  partition_no BIGINT NOT NULL,
  holder VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  epoch BIGINT NOT NULL,
  expires_at DATETIME(3) NOT NULL,
  next_offset BIGINT NULL,
  numbers LONGTEXT NULL,
  pairs BIGINT NULL,
  PRIMARY KEY (reader, partition_no)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
