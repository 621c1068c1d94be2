//! What the tests of journal and sync sell, and their clock.
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::audit::Noted;
use crate::domain::clock::Clock;
use crate::domain::sale::{Agreed, TillId};

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
