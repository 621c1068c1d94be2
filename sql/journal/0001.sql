-- The journal: this till's promises (PATH section 1). Times are milliseconds since 1970, UTC.

-- Till, installation, and whether another installation has taken the till over.
CREATE TABLE meta (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

-- The till's series, and what the first receipt of each is linked to (PATH 2.4). The newest is the current one.
CREATE TABLE series (
  series INTEGER NOT NULL PRIMARY KEY,
  first_link TEXT NOT NULL,
  why TEXT NOT NULL,
  opened_at INTEGER NOT NULL
) STRICT;

-- Everything that was promised, in order, of a kind; what a kind holds besides is in its own table.
CREATE TABLE record (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

-- Sales in their place in the chain. A refused or moved one stays here; standing says what holds.
CREATE TABLE sale (
  record_id INTEGER NOT NULL PRIMARY KEY REFERENCES record (id),
  sale_id TEXT NOT NULL,
  series INTEGER NOT NULL REFERENCES series (series),
  number INTEGER NOT NULL,
  next_seq INTEGER NOT NULL,
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  bytes BLOB NOT NULL,
  flags TEXT NOT NULL
) STRICT;

-- What became of a record: only ever inserted. The newest counts; without one the record is provisional.
CREATE TABLE mark (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  record_id INTEGER NOT NULL REFERENCES record (id),
  state TEXT NOT NULL CHECK (state IN ('queued', 'committed', 'parked', 'refused', 'moved', 'struck')),
  detail TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE INDEX mark_of_record ON mark (record_id, id);

-- The sales that hold, and their newest mark: made from the tables above, in the same transactions. It has one sale for
-- each id and number; a refused sale leaves it, and its number is free again.
CREATE TABLE standing (
  record_id INTEGER NOT NULL PRIMARY KEY REFERENCES record (id),
  sale_id TEXT NOT NULL UNIQUE,
  series INTEGER NOT NULL,
  number INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('provisional', 'queued', 'committed', 'parked', 'struck')),
  detail TEXT NOT NULL,
  UNIQUE (series, number)
) STRICT;

CREATE INDEX standing_unsent ON standing (series, number) WHERE state IN ('provisional', 'queued');

CREATE INDEX standing_parked ON standing (series, number) WHERE state = 'parked';

-- The basket on screen.
CREATE TABLE draft (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  bytes BLOB NOT NULL
) STRICT;

CREATE TRIGGER record_is_kept BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER record_is_fixed BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER sale_is_kept BEFORE DELETE ON sale BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER sale_is_fixed BEFORE UPDATE ON sale BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER mark_is_kept BEFORE DELETE ON mark BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER mark_is_fixed BEFORE UPDATE ON mark BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
