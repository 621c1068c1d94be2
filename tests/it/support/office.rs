//! A form over a store: rows to save, and the ways to save them.
use rust_decimal::Decimal;
use rxtill::domain::dimension::{Author, Dimension, Record};
use rxtill::params;
use rxtill::store::star::Store;
use rxtill::store::star::dimension::{Conflict, Here, Save, SaveError, Saved};
use uuid::Uuid;

use super::TestStore;

pub const NOON: &str = "2026-03-02T09:00:00Z";

pub fn here(outlet: i64) -> Here {
    Here {
        outlet,
        at: NOON.parse().unwrap(),
    }
}

pub fn fresh() -> Uuid {
    Uuid::from_u128(fastrand::u128(..))
}

pub fn row(dimension: Dimension, values: &[(&str, &str)]) -> Record {
    let mut record = dimension.spec().blank(fresh());
    for (field, value) in values {
        record.set(dimension.spec(), field, *value);
    }
    record
}

pub fn outlet(name: &str) -> Record {
    row(Dimension::Outlet, &[("name", name), ("region", "Nairobi")])
}

pub fn aspirin(code: &str) -> Record {
    let values = [
        ("code", code),
        ("name", "Aspirin"),
        ("base_unit", "tab"),
        ("price", "12.50"),
        ("pack_name", "strip 10"),
        ("pack_units", "10"),
        ("pack_price", "110"),
        ("pack_code", "616110"),
    ];
    row(Dimension::Drug, &values)
}

/// A form over one store.
pub struct Office {
    pub store: Store,
    pub here: Here,
}

impl Office {
    pub fn of(store: &TestStore) -> Self {
        Self {
            store: Store::new(store.engine.clone()),
            here: here(0),
        }
    }

    /// The same, through an engine of its own.
    pub async fn another(&self, store: &TestStore) -> Self {
        Self {
            store: Store::new(store.another().await),
            here: self.here,
        }
    }

    /// At an outlet of its own.
    pub async fn at_an_outlet(store: &TestStore) -> Self {
        let mut office = Self::of(store);
        let saved = office.add(Dimension::Outlet, &outlet("Mirema meds")).await.unwrap();
        office.here = here(saved.id);
        office
    }

    pub async fn add(&self, dimension: Dimension, wanted: &Record) -> Result<Saved, SaveError> {
        self.save(dimension, None, wanted).await
    }

    pub async fn save(
        &self,
        dimension: Dimension,
        opened: Option<&Record>,
        wanted: &Record,
    ) -> Result<Saved, SaveError> {
        self.save_as(fresh(), dimension, opened, wanted).await
    }

    pub async fn save_as(
        &self,
        save_id: Uuid,
        dimension: Dimension,
        opened: Option<&Record>,
        wanted: &Record,
    ) -> Result<Saved, SaveError> {
        let here = self.here;
        let by = &Author {
            name: "Asha".to_owned(),
            employee: Some(7),
            till: Some("T01".to_owned()),
        };
        let save = Save {
            dimension,
            wanted,
            opened,
            by,
            here,
            save_id,
        };
        self.store.save(&save).await
    }

    pub async fn open(&self, dimension: Dimension, id: i64) -> Record {
        self.store.read(dimension, id, self.here).await.unwrap().unwrap()
    }

    pub async fn number(&self, sql: &str) -> Decimal {
        let rows = self.store.engine().query(sql, params![]).await.unwrap();
        Decimal::from(rows[0].get::<i64>(0).unwrap())
    }
}

pub fn changed(opened: &Record, dimension: Dimension, field: &str, value: &str) -> Record {
    let mut wanted = opened.clone();
    wanted.set(dimension.spec(), field, value);
    wanted
}

pub fn refused(result: Result<Saved, SaveError>) -> String {
    match result {
        Err(SaveError::Refused(faults)) => faults[0].fault.clone(),
        other => panic!("not refused: {other:?}"),
    }
}

pub fn conflict(result: Result<Saved, SaveError>) -> Conflict {
    match result {
        Err(SaveError::Conflict(conflict)) => *conflict,
        other => panic!("no conflict: {other:?}"),
    }
}
