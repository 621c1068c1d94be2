//! One sale as it is asked for, and what the rules of the counter make of it.
use std::sync::Arc;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use crate::domain::basket::{Basket, BasketFault, BasketLine, CashRule, Discount, Original, Tendered, Terms};
use crate::domain::batch::Batch;
use crate::domain::catalogue::{Catalogue, Outlet};
use crate::domain::money::{Money, Quantity};
use crate::domain::sale::{Agreed, MAX_LINES, SaleFlag};
use crate::domain::wares::BATCH;

/// How far back a sale may lie: a year, and a month to notice.
const OLDEST: SignedDuration = SignedDuration::from_hours(400 * 24);
/// How far ahead another program's clock may be.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// A line of the input.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    pub(super) employee: String,
    #[serde(default)]
    pub(super) doctor: Option<String>,
    pub(super) lines: Vec<WantedLine>,
    #[serde(default)]
    pub(super) payments: Vec<WantedPayment>,
    #[serde(default)]
    pub(super) sale_id: Option<Uuid>,
    #[serde(default)]
    sold_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) refund_of: Option<Uuid>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedLine {
    pub(super) drug: String,
    pub(super) quantity: Quantity,
    #[serde(default)]
    pub(super) unit: Option<String>,
    #[serde(default)]
    pub(super) unit_price: Option<Money>,
    #[serde(default)]
    pub(super) discount: Option<Money>,
    /// The number on the goods. Nothing is offered where it is left out: nobody is here who could look at them, and the
    /// same line asked for again would be another sale.
    #[serde(default)]
    pub(super) batch: Option<String>,
    /// Their last day.
    #[serde(default)]
    pub(super) expiry: Option<Date>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedPayment {
    pub(super) method: String,
    pub(super) amount: Money,
    #[serde(default)]
    pub(super) reference: Option<String>,
}

/// Why there is no agreement.
pub(super) struct Declined {
    /// In words.
    pub(super) reason: String,
    /// What it would have come to, where the goods had prices.
    pub(super) total: Option<Money>,
}

impl From<String> for Declined {
    fn from(reason: String) -> Self {
        Self { reason, total: None }
    }
}

/// The id in a line that is no sale otherwise.
pub(super) fn sale_id_in(text: &[u8]) -> Option<Uuid> {
    #[derive(Deserialize)]
    struct Known {
        sale_id: Option<Uuid>,
    }
    serde_json::from_slice(text).ok().and_then(|known: Known| known.sale_id)
}

impl Wanted {
    /// The agreement, or in words why there is none. What comes back of the `original` sale does so at price, discount and
    /// tax of then, unless the line says otherwise.
    pub(super) fn agree(
        &self,
        sale_id: Uuid,
        outlet: &Arc<Outlet>,
        now: Timestamp,
        catalogue: &Catalogue,
        original: Option<&Original>,
    ) -> Result<(Agreed, Vec<SaleFlag>), Declined> {
        let at = self.sold_at.unwrap_or(now);
        let age = now.duration_since(at);
        if age > OLDEST || -age > AHEAD {
            let reason = format!("sold_at {at} is not from 400 days ago to 5 minutes ahead of now, {now}");
            return Err(reason.into());
        }
        if self.lines.len() > MAX_LINES {
            return Err(BasketFault::TooManyLines.to_string().into());
        }
        let mut basket = Basket::new(sale_id);
        basket.refund_of = self.refund_of;
        let doctor = self.doctor.as_deref().map(|text| catalogue.find_doctor(text));
        basket.doctor = doctor.transpose().map_err(|fault| fault.to_string())?;
        let mut original = original.cloned();
        for (number, line) in (1..).zip(&self.lines) {
            let line = line
                .basket_line(outlet, at, catalogue, original.as_mut())
                .map_err(|fault| format!("line {number} of the sale: {fault}"))?;
            basket.lines.push(line);
        }
        let total = basket.total(outlet.currency.places);
        let declined = |reason: String| Declined {
            reason,
            // More taken off than there was is no total.
            total: (!total.is_negative()).then_some(if self.refund_of.is_some() { -total } else { total }),
        };
        let employee = catalogue.find_employee(&self.employee);
        let terms = Terms {
            outlet: Arc::clone(outlet),
            employee: employee.map_err(|fault| declined(fault.to_string()))?,
            at,
        };
        let paid = self.paid(total, outlet, catalogue).map_err(declined)?;
        let agreed = basket.agree(&paid, &terms, catalogue);
        agreed.map_err(|fault| declined(fault.to_string()))
    }

    /// What is handed over: as given, else the total in cash, in the coins that there are.
    fn paid(&self, total: Money, outlet: &Outlet, catalogue: &Catalogue) -> Result<Vec<Tendered>, String> {
        if self.payments.is_empty() && total > Money::ZERO {
            let tenders = catalogue.tenders();
            let cash = tenders.into_iter().find(|tender| tender.gives_change);
            return Ok(vec![Tendered {
                tender: cash.ok_or("there is no tender that gives change: name the payments")?,
                amount: CashRule::of(outlet, catalogue).in_coins(total),
                reference: None,
            }]);
        }
        let paid = self.payments.iter().map(|payment| {
            Ok(Tendered {
                tender: catalogue
                    .find_tender(&payment.method)
                    .map_err(|fault| fault.to_string())?,
                amount: payment.amount,
                reference: payment.reference.clone(),
            })
        });
        paid.collect()
    }
}

impl WantedLine {
    /// By itself: lines of one drug stay apart, as they were given.
    fn basket_line(
        &self,
        outlet: &Outlet,
        at: Timestamp,
        catalogue: &Catalogue,
        original: Option<&mut Original>,
    ) -> Result<BasketLine, String> {
        let (drug, meant) = catalogue.find_drug(&self.drug).map_err(|fault| fault.to_string())?;
        let pack = match &self.unit {
            None => meant,
            Some(unit) => drug.pack_named(Some(unit)).ok_or_else(|| {
                let (drug, unit) = (drug.label(), unit.clone());
                BasketFault::NoSuchUnit { drug, unit }.to_string()
            })?,
        };
        let batch = self.batch()?;
        let mut alone = Basket::new(Uuid::nil());
        // What comes back may be expired.
        alone.refund_of = original.as_ref().map(|original| original.sale().sale_id);
        let comes_back = original.and_then(|original| {
            let factor = drug.packs.get(pack)?.factor;
            let at = original.line_of(drug.uuid, factor, self.quantity, &batch)?;
            original.take(at, &drug, self.quantity, outlet.currency.places)
        });
        let is_of_then = comes_back.is_some();
        if let Some(line) = comes_back {
            alone.lines.push(line);
        } else {
            let added = alone.add_of(&drug, pack, self.quantity, batch.clone(), outlet, at);
            added.map_err(|fault| fault.to_string())?;
        }
        if let Some(price) = self.unit_price {
            alone
                .set_price(0, price, &outlet.currency)
                .map_err(|fault| fault.to_string())?;
        }
        let mut line = alone.lines.pop().ok_or_else(|| BasketFault::Empty.to_string())?;
        if !is_of_then || self.discount.is_some() || self.unit_price.is_some() {
            line.discount = self.discount.map_or(Discount::NONE, Discount::Amount);
        }
        if !batch.is_unknown() {
            line.batch = batch;
        }
        Ok(line)
    }

    /// The batch as it is named.
    fn batch(&self) -> Result<Batch, String> {
        let field = BATCH.position("batch").map(|at| &BATCH.fields[at]);
        let number = self.batch.as_deref().unwrap_or_default();
        let number = field.map_or(Ok(number.to_owned()), |field| {
            field.check(number).map_err(|why| format!("batch: {why}"))
        })?;
        Ok(Batch {
            number: Some(number).filter(|number| !number.is_empty()),
            expiry: self.expiry,
        })
    }
}
