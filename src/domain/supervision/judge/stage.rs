//! A small chain for the tests of the rules: six outlets, two people each, three ordinary days behind them.
use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::Judge;
use crate::domain::audit::{AuditEvent, Goods, Happening, Removal};
use crate::domain::chain::Hash;
use crate::domain::event::{EventPayment, SCHEMA, SaleEvent, StreamEvent, event_id};
use crate::domain::heartbeat::Heartbeat;
use crate::domain::money::{Money, Quantity};
use crate::domain::sale::SaleKind;
use crate::domain::supervision::{Alert, Known, KnownDrug, KnownOutlet, RuleName, Thresholds};

/// Controlled drugs, one that is asked for every day and one that is not; a sale may hold 30.
pub const CONTROLLED: i64 = 900;
pub const RARE: i64 = 901;
const OUTLETS: i64 = 6;
pub const PEOPLE: i64 = 12;
const DAYS: i64 = 3;
const SALES_A_DAY: i64 = 40;

/// What is sold; the rest is ordinary.
#[derive(Debug, Clone)]
pub struct Sold {
    pub employee: i64,
    pub drug: i64,
    pub quantity: u32,
    pub price: &'static str,
    pub discount: &'static str,
    pub doctor: Option<i64>,
    pub refund_of: Option<Uuid>,
    pub kind: SaleKind,
    pub tender: &'static str,
    /// Elsewhere than where the employee is.
    pub outlet: Option<i64>,
}

/// Ten of a drug for 125.
pub fn by(employee: i64) -> Sold {
    Sold {
        employee,
        drug: 1,
        quantity: 10,
        price: "12.50",
        discount: "0",
        doctor: None,
        refund_of: None,
        kind: SaleKind::Sale,
        tender: "Cash",
        outlet: None,
    }
}

pub fn back(employee: i64, refund_of: Option<Uuid>) -> Sold {
    Sold {
        refund_of,
        kind: SaleKind::Return,
        ..by(employee)
    }
}

pub fn cancelled() -> Happening {
    Happening::BasketCancelled {
        sale_id: Uuid::from_u128(7),
        lines: 2,
        value: "250".parse().unwrap(),
        payment_open: false,
    }
}

pub fn goods() -> Goods {
    Goods {
        id: Uuid::from_u128(1),
        code: String::from("A"),
        name: String::from("Drug 1"),
    }
}

pub fn removed(basket: u128, how: Removal, shown_s: u64) -> Happening {
    Happening::LineRemoved {
        sale_id: Uuid::from_u128(basket),
        drug: goods(),
        unit: String::from("tab"),
        quantity: Quantity::ONE,
        value: Money::ZERO,
        how,
        shown_s: Some(shown_s),
    }
}

pub fn overridden(sale: u128) -> Happening {
    Happening::PriceOverride {
        sale_id: Uuid::from_u128(sale),
        drug: goods(),
        unit: String::from("tab"),
        quantity: Quantity::ONE,
        before: "12".parse().unwrap(),
        after: "9".parse().unwrap(),
        reason: None,
    }
}

fn region(outlet: i64) -> String {
    String::from(if outlet <= 3 { "Nairobi" } else { "Coast" })
}

pub fn known() -> Known {
    let outlet = |id: i64| KnownOutlet {
        name: format!("Outlet {id}"),
        region: region(id),
        zone: TimeZone::get("Africa/Nairobi").unwrap(),
        opening_hours: String::from(if id == 6 { "by appointment" } else { "Mo-Su 08:00-20:00" }),
        currency: String::from("KES"),
        places: 2,
        active: true,
    };
    let controlled = KnownDrug {
        name: String::from("Controlled"),
        controlled_limit: "30".parse().ok(),
        prescription_only: true,
    };
    Known {
        outlets: (1..=OUTLETS).map(|id| (id, outlet(id))).collect(),
        drugs: HashMap::from([CONTROLLED, RARE].map(|drug| (drug, controlled.clone()))),
    }
}

/// What a judge knows after ordinary days; learnt once for all tests.
static LEARNT: LazyLock<(Vec<u8>, HashMap<String, u64>)> = LazyLock::new(|| {
    let mut stage = Stage::empty(Thresholds::default());
    for day in 0..DAYS {
        stage.ordinary_day(day);
    }
    let alerts = stage.all();
    assert!(alerts.is_empty(), "ordinary days: {alerts:#?}");
    (stage.judge.learnt(), stage.numbers.clone())
});

pub struct Stage {
    pub judge: Judge,
    pub now: Timestamp,
    numbers: HashMap<String, u64>,
    ids: u128,
    alerts: Vec<Alert>,
}

impl Stage {
    /// Nothing learnt; midnight of a Monday in Nairobi.
    pub fn empty(thresholds: Thresholds) -> Self {
        let mut judge = Judge::new(thresholds);
        judge.learn(known());
        Self {
            judge,
            now: "2026-03-01T21:00:00Z".parse().unwrap(),
            numbers: HashMap::new(),
            ids: 1_000,
            alerts: Vec::new(),
        }
    }

    /// The fourth day, 10:00.
    pub fn new() -> Self {
        Self::with(Thresholds::default())
    }

    pub fn with(thresholds: Thresholds) -> Self {
        let (learnt, numbers) = &*LEARNT;
        let mut judge = Judge::restored(thresholds, learnt).unwrap();
        judge.learn(known());
        Self {
            judge,
            numbers: numbers.clone(),
            ids: 1_000_000,
            now: "2026-03-05T07:00:00Z".parse().unwrap(),
            alerts: Vec::new(),
        }
    }

    /// Everybody sells forty times from 08:30 to 18:30 and lets a basket go; every tenth sale is of a prescriber, and every
    /// thirtieth of the controlled drug.
    fn ordinary_day(&mut self, day: i64) {
        let opens = Self::empty(Thresholds::default()).now + SignedDuration::from_hours(24 * day + 8);
        for round in 0..SALES_A_DAY {
            for employee in 1..=PEOPLE {
                self.now = opens + SignedDuration::from_secs(1_800 + round * 900 + employee * 70);
                let is_controlled = (round * 7 + employee * 11 + day * 3) % 30 == 0;
                // Three prescribers of each region.
                let first = if (employee - 1) % OUTLETS < 3 { 1 } else { 4 };
                self.sell(&Sold {
                    drug: if is_controlled {
                        CONTROLLED
                    } else {
                        (round * 5 + employee + day) % 23 + 1
                    },
                    doctor: ((round * 3 + employee + day) % 10 == 0).then_some(round % 3 + first),
                    tender: if (round + employee) % 2 == 0 { "Cash" } else { "Card" },
                    ..by(employee)
                });
                if round == employee {
                    self.note(employee, cancelled());
                }
            }
        }
    }

    pub fn wait(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    fn number(&mut self, series: &str) -> u64 {
        let number = self.numbers.entry(series.to_owned()).or_default();
        *number += 1;
        *number
    }

    /// A number that never comes.
    pub fn skip(&mut self, employee: i64) -> u64 {
        self.number(&format!("T{employee}"))
    }

    pub fn sell(&mut self, sold: &Sold) -> Uuid {
        let event = self.event(sold);
        let id = event.sale_id;
        self.see(&StreamEvent::Sale(Box::new(event)));
        id
    }

    /// Its event, not seen yet.
    pub fn event(&mut self, sold: &Sold) -> SaleEvent {
        self.ids += 1;
        let sale_id = Uuid::from_u128(self.ids);
        let till_id = format!("T{}", sold.employee);
        let outlet_id = sold.outlet.unwrap_or((sold.employee - 1) % OUTLETS + 1);
        let sign = if sold.kind == SaleKind::Sale { "" } else { "-" };
        let price: Money = sold.price.parse().unwrap();
        let quantity: Quantity = sold.quantity.to_string().parse().unwrap();
        let discount: Money = sold.discount.parse().unwrap();
        let total = format!("{sign}{}", (price.times(quantity, 2) - discount).fixed(2));
        SaleEvent {
            schema: SCHEMA,
            event_id: event_id(sale_id, 1),
            sale_id,
            line_no: 1,
            kind: sold.kind,
            emp_id: sold.employee,
            drug_id: sold.drug,
            doc_id: sold.doctor.unwrap_or(1_000),
            pharmacy_name: format!("Outlet {outlet_id}"),
            pharmacy_region: region(outlet_id),
            quantity_sold: format!("{sign}{quantity}").parse().unwrap(),
            date_sold: TimeZone::get("Africa/Nairobi").unwrap().to_datetime(self.now).date(),
            sold_at: self.now,
            outlet_id,
            employee: format!("Employee {}", sold.employee),
            drug: format!("Drug {}", sold.drug),
            doctor: sold.doctor.map(|doctor| format!("Dr {doctor}")),
            unit: String::from("tab"),
            unit_qty: quantity,
            unit_factor: Quantity::ONE,
            unit_price: sold.price.to_owned(),
            discount: sold.discount.to_owned(),
            line_total: total.clone(),
            currency: String::from("KES"),
            receipt: format!("{till_id}-1"),
            chain: Hash::GENESIS,
            series: 1,
            seq: self.number(&till_id),
            till_id,
            lines: 1,
            refund_of: sold.refund_of,
            batch: None,
            expiry: None,
            payments: vec![EventPayment {
                tender: sold.tender.to_owned(),
                amount: total,
            }],
        }
    }

    pub fn note(&mut self, employee: i64, happening: Happening) {
        let till_id = format!("T{employee}");
        let outlet_id = (employee - 1) % OUTLETS + 1;
        self.ids += 1;
        let event = AuditEvent {
            schema: SCHEMA,
            event_id: Uuid::from_u128(self.ids),
            happening,
            at: self.now,
            date: TimeZone::get("Africa/Nairobi").unwrap().to_datetime(self.now).date(),
            outlet_id,
            pharmacy_name: format!("Outlet {outlet_id}"),
            pharmacy_region: region(outlet_id),
            emp_id: Some(employee),
            employee: Some(format!("Employee {employee}")),
            currency: String::from("KES"),
            series: 1,
            seq: self.number(&format!("{till_id} audit")),
            till_id,
        };
        self.see(&StreamEvent::Audit(Box::new(event)));
    }

    pub fn beat(&mut self, employee: i64, clock_skew_ms: Option<i64>) {
        let outlet_id = (employee - 1) % OUTLETS + 1;
        let beat = Heartbeat {
            schema: SCHEMA,
            kind: Heartbeat::KIND.to_owned(),
            at: self.now,
            outlet_id,
            pharmacy_name: format!("Outlet {outlet_id}"),
            pharmacy_region: region(outlet_id),
            till_id: format!("T{employee}"),
            employee: None,
            session: Uuid::nil(),
            version: String::from("1"),
            unsent: 0,
            oldest_s: None,
            parked: 0,
            printer: None,
            clock_skew_ms,
        };
        self.see(&StreamEvent::Heartbeat(Box::new(beat)));
    }

    pub fn see(&mut self, event: &StreamEvent) {
        let found = self.judge.see(event, self.now);
        self.alerts.extend(found);
    }

    /// Minutes go by, and the judge is told so.
    pub fn tick(&mut self, minutes: i64) {
        for _ in 0..minutes {
            self.wait(60);
            let found = self.judge.tick(self.now);
            self.alerts.extend(found);
        }
    }

    /// All that was told since the last time.
    pub fn all(&mut self) -> Vec<Alert> {
        std::mem::take(&mut self.alerts)
    }

    /// Of one rule.
    pub fn told(&mut self, rule: RuleName) -> Vec<Alert> {
        let mut told = self.all();
        told.retain(|alert| alert.rule == rule);
        told
    }

    /// How many things a rule told of, however often it told of each.
    pub fn things(&mut self, rule: RuleName) -> usize {
        let told = self.told(rule);
        told.iter().map(|alert| alert.id).collect::<BTreeSet<_>>().len()
    }
}
