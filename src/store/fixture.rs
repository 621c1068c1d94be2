//! What the tests of journal and sync sell, and their clock.
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::audit::Noted;
use crate::domain::clock::Clock;
use crate::domain::sale::{Agreed, OutletParty, TillId};

/// The sale of the integration tests: one sample for both.
#[path = "../../tests/it/support/sample_sale.rs"]
mod sample_sale;

/// A clock that stands still until it is set.
pub(crate) struct TestClock {
    milliseconds: AtomicI64,
    ids: AtomicU64,
}

impl TestClock {
    /// At 2026-03-02 09:14 UTC; its ids are told apart from those of a clock with another `salt`.
    pub(crate) fn new(salt: u64) -> Self {
        Self {
            milliseconds: AtomicI64::new(1_772_442_843_412),
            ids: AtomicU64::new(salt << 32),
        }
    }

    /// Moves it, back too.
    pub(crate) fn advance(&self, seconds: i64) {
        self.milliseconds.fetch_add(seconds * 1_000, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.milliseconds.load(Ordering::Relaxed)).unwrap()
    }

    fn new_id(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.ids.fetch_add(1, Ordering::Relaxed)))
    }
}

/// The till of these tests.
pub(crate) fn till() -> TillId {
    "T01".parse().unwrap()
}

/// Somebody asks for `count` of what is not there.
pub(crate) fn asked_for(count: u32) -> Noted {
    sample_sale::asked_for(&count.to_string())
}

/// A sale of `count` tablets for cash.
pub(crate) fn agreed(sale_id: u128, count: u32) -> Agreed {
    sample_sale::sale(
        Uuid::from_u128(sale_id),
        &[(sample_sale::UNCOUNTED, &count.to_string())],
    )
}

/// One of the outlets.
pub(crate) fn outlet(number: u128) -> OutletParty {
    OutletParty {
        id: sample_sale::row(sample_sale::OUTLET + (number << 16)),
        name: format!("outlet {number}"),
        region: "Nairobi".to_owned(),
    }
}

/// The drug that is counted.
pub(crate) fn counted() -> Uuid {
    sample_sale::row(sample_sale::COUNTED)
}

/// A sale in an outlet, without a prescriber: a line each of what is counted or not, and how many.
pub(crate) fn basket(sale_id: Uuid, number: u128, lines: &[(bool, u32)]) -> Agreed {
    let lines: Vec<(u128, String)> = lines
        .iter()
        .map(|(counted, count)| {
            let drug = if *counted {
                sample_sale::COUNTED
            } else {
                sample_sale::UNCOUNTED
            };
            (drug, count.to_string())
        })
        .collect();
    let lines: Vec<(u128, &str)> = lines.iter().map(|(drug, count)| (*drug, count.as_str())).collect();
    Agreed {
        outlet: outlet(number),
        doctor: None,
        ..sample_sale::sale(sale_id, &lines)
    }
}
