//! What the tests of journal and sync sell, and their clock.
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::Timestamp;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::domain::clock::Clock;
use crate::domain::money::{Currency, Money, Quantity};
use crate::domain::sale::{Agreed, LineTax, OutletParty, Party, SaleKind, SaleLine, SalePayment, TillId};

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

/// A sale of `count` tablets for cash.
pub(crate) fn agreed(sale_id: u128, count: u32) -> Agreed {
    let price: Money = "12.50".parse().unwrap();
    let unit_qty = Quantity::new(Decimal::from(count));
    let total = price.times(unit_qty, 2);
    Agreed {
        sale_id: Uuid::from_u128(sale_id),
        kind: SaleKind::Sale,
        sold_at: "2026-03-02T09:14:03.412Z".parse().unwrap(),
        sold_local: jiff::civil::date(2026, 3, 2).at(12, 14, 3, 412_000_000),
        currency: Currency {
            code: "KES".into(),
            places: 2,
        },
        employee: Party {
            id: Uuid::from_u128(1),
            name: "John".into(),
        },
        outlet: OutletParty {
            id: Uuid::from_u128(2),
            name: "Mirema meds".into(),
            region: "Nairobi".into(),
        },
        doctor: None,
        refund_of: None,
        lines: vec![SaleLine {
            drug: Uuid::from_u128(3),
            code: "D1".into(),
            name: "Aspirin 300 mg".into(),
            unit: "tab".into(),
            unit_qty,
            unit_factor: Quantity::ONE,
            unit_price: price,
            discount: Money::ZERO,
            tax: LineTax {
                code: "E".into(),
                rate: Decimal::ZERO,
                amount: Money::ZERO,
            },
            total,
        }],
        payments: vec![SalePayment {
            tender: Uuid::from_u128(4),
            name: "Cash".into(),
            amount: total,
            tendered: total,
            change: Money::ZERO,
            reference: None,
        }],
        total,
    }
}
