-- Who reads a partition for the totals, until when by this database's clock, and up to where its totals are published
-- (PATH 5.5). numbers: JSON, what was counted before next_offset of each till and series.
CREATE TABLE IF NOT EXISTS reader_lease (
  reader TEXT NOT NULL,
  partition_no INTEGER NOT NULL,
  holder TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  expires_at TEXT NOT NULL,
  next_offset INTEGER,
  numbers TEXT,
  pairs INTEGER,
  PRIMARY KEY (reader, partition_no)
) STRICT;
