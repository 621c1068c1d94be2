//! Which row of the store each row of the file's dimensions is, or will be.
use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::AdoptError;
use super::carry::Kind;
use crate::domain::mending::StandIn;
use crate::params;
use crate::store::engine::{Engine, Row};
use crate::store::error::EngineError;

/// A dimension by its table, what it calls a row, and what makes two rows one.
pub(super) struct Table {
    pub kind: Kind,
    pub name: &'static str,
    what: &'static str,
    key: [&'static str; 2],
}

/// In the order in which they are brought.
pub(super) const TABLES: [Table; 5] = [
    table(Kind::Outlet, "dim_outlet", "outlet", ["name_key", "''"]),
    table(Kind::Employee, "dim_employee", "employee", ["name_key", "phone_key"]),
    table(Kind::Doctor, "dim_doctor", "doctor", ["natural_key", "''"]),
    table(Kind::Tender, "dim_tender", "tender", ["name_key", "''"]),
    table(Kind::Drug, "dim_drug", "drug", ["code_key", "''"]),
];

const fn table(kind: Kind, name: &'static str, what: &'static str, key: [&'static str; 2]) -> Table {
    Table { kind, name, what, key }
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// The store has it, in that row.
    There(i64),
    /// The store has one of the same natural key in that row, under another lasting id.
    Twin(i64),
    /// It is to be put in, with its own number where nobody has that.
    New {
        /// Its number is free.
        keeps_id: bool,
        /// A prescriber who is merged from the first into whoever has the natural key.
        merged_into: Option<i64>,
    },
}

/// A row of the file.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    pub kind: Kind,
    pub id: i64,
    pub uuid: Uuid,
    pub fate: Fate,
    name: String,
}

impl Planned {
    /// Whether events would name it by another number than in the file.
    fn is_renumbered(&self) -> bool {
        match self.fate {
            Fate::There(id) | Fate::Twin(id) => id != self.id,
            Fate::New { keeps_id, .. } => !keeps_id,
        }
    }
}

/// All rows.
pub(super) struct Plan {
    pub rows: Vec<Planned>,
    twins: HashMap<(Kind, i64), StandIn>,
}

impl Plan {
    pub(super) async fn make(file: &dyn Engine, to: &dyn Engine) -> Result<Self, EngineError> {
        let mut rows = Vec::new();
        let mut twins = HashMap::new();
        for table in &TABLES {
            let theirs = Known::read(to, table).await?;
            for row in all(file, table).await? {
                let (id, uuid, key): (i64, Uuid, _) = (row.get(0)?, row.get(1)?, key(&row)?);
                let fate = match (theirs.uuids.get(&uuid), theirs.keys.get(&key)) {
                    (Some(id), _) => Fate::There(*id),
                    (None, Some((twin, there))) if table.kind != Kind::Doctor => {
                        let stand_in = StandIn {
                            row: *there,
                            name: row.get(4)?,
                        };
                        twins.insert((table.kind, id), stand_in);
                        Fate::Twin(*twin)
                    }
                    (None, known) => Fate::New {
                        keeps_id: !theirs.ids.contains(&id),
                        merged_into: known.map(|(survivor, _)| *survivor),
                    },
                };
                rows.push(Planned {
                    kind: table.kind,
                    id,
                    uuid,
                    fate,
                    name: format!("{} {}", table.what, row.get::<String>(4)?),
                });
            }
        }
        Ok(Self { rows, twins })
    }

    /// Names of rows that the store has under another lasting id.
    pub(super) fn twins(&self) -> Vec<String> {
        let twins = self.rows.iter().filter(|row| matches!(row.fate, Fate::Twin(_)));
        twins.map(|row| row.name.clone()).collect()
    }

    /// The row of another lasting id at which what names this one is recorded.
    pub(super) fn stand_in(&self, kind: Kind, id: i64) -> Option<&StandIn> {
        self.twins.get(&(kind, id))
    }

    /// What was published stays what it was: events name rows by their numbers, and readers have them.
    pub(super) async fn keeps_published(&self, file: &dyn Engine) -> Result<(), AdoptError> {
        let renumbered = self.rows.iter().filter(|row| row.is_renumbered());
        let renumbered: HashMap<(Kind, i64), &Planned> = renumbered.map(|row| ((row.kind, row.id), row)).collect();
        if renumbered.is_empty() {
            return Ok(());
        }
        for (kind, column) in [
            (Kind::Outlet, "outlet_id"),
            (Kind::Employee, "employee_id"),
            (Kind::Doctor, "doctor_id"),
            (Kind::Drug, "drug_id"),
        ] {
            let sql = format!(
                "SELECT DISTINCT f.{column} FROM fact_sale f LEFT JOIN sale_outbox b ON b.id = f.event_id
                 WHERE b.id IS NULL OR b.marked_at IS NOT NULL"
            );
            for row in file.query(&sql, params![]).await? {
                if let Some(row) = renumbered.get(&(kind, row.get(0)?)) {
                    return Err(AdoptError::Refused(format!(
                        "{} is row {} in events that were published, and that number is another's in the database: only a \
                         database without rows of its own can adopt them",
                        row.name, row.id
                    )));
                }
            }
        }
        Ok(())
    }
}

/// What the store has of a dimension.
struct Known {
    ids: HashSet<i64>,
    uuids: HashMap<Uuid, i64>,
    /// Row and lasting id by the natural key.
    keys: HashMap<[String; 2], (i64, Uuid)>,
}

impl Known {
    async fn read(to: &dyn Engine, table: &Table) -> Result<Self, EngineError> {
        let mut known = Self {
            ids: HashSet::new(),
            uuids: HashMap::new(),
            keys: HashMap::new(),
        };
        for row in all(to, table).await? {
            let (id, uuid): (i64, Uuid) = (row.get(0)?, row.get(1)?);
            known.ids.insert(id);
            known.uuids.insert(uuid, id);
            known.keys.insert(key(&row)?, (id, uuid));
        }
        Ok(known)
    }
}

async fn all(engine: &dyn Engine, table: &Table) -> Result<Vec<Row>, EngineError> {
    let [first, second] = table.key;
    let sql = format!(
        "SELECT id, uuid, {first}, {second}, name FROM {} ORDER BY id",
        table.name
    );
    engine.query(&sql, params![]).await
}

fn key(row: &Row) -> Result<[String; 2], EngineError> {
    Ok([row.get(2)?, row.get(3)?])
}
