//! Tenders against a total: what each pays, what is given back.
use std::sync::Arc;

use thiserror::Error;

use super::reference::reference_of;
use crate::domain::catalogue::{Catalogue, Outlet, Tender};
use crate::domain::money::Money;
use crate::domain::sale::SalePayment;

/// What was handed over by one tender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tendered {
    /// Which tender.
    pub tender: Arc<Tender>,
    /// How much, positive also when it is paid out.
    pub amount: Money,
    /// Its reference, where it has one.
    pub reference: Option<String>,
}

/// Why tenders do not settle a total.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PaymentFault {
    /// Too little.
    #[error("{due} still due")]
    Due {
        /// What is missing.
        due: String,
    },
    /// More than is due, by a tender that gives no change.
    #[error("{tender} gives no change: at most {most}")]
    TooMuch {
        /// The tender.
        tender: String,
        /// What is due.
        most: String,
    },
    /// Zero or less, or finer than the currency.
    #[error("{amount} cannot be paid by {tender}")]
    Amount {
        /// The tender.
        tender: String,
        /// What was keyed.
        amount: Money,
    },
    /// A reference that does not look like one.
    #[error("“{reference}” is no {tender} reference: {} signs; expected: {expected}", .reference.chars().count())]
    Reference {
        /// The tender.
        tender: String,
        /// What was keyed.
        reference: String,
        /// What it must look like, in words.
        expected: String,
    },
    /// A reference is missing.
    #[error("{tender} wants its reference: {expected}")]
    ReferenceWanted {
        /// The tender.
        tender: String,
        /// What it must look like, in words.
        expected: String,
    },
    /// One payment named twice.
    #[error("{tender} {reference} stands here twice: each is one payment")]
    ReferenceTwice {
        /// The tender.
        tender: String,
        /// The reference.
        reference: String,
    },
}

/// How a total is settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// What each tender pays, in their order.
    pub paid: Vec<SalePayment>,
    /// What is given back.
    pub change: Money,
}

impl Settlement {
    /// As the agreement has them: negative when paid out.
    pub fn into_payments(self, paid_out: bool) -> Vec<SalePayment> {
        let mut paid = self.paid;
        if paid_out {
            for payment in &mut paid {
                payment.amount = -payment.amount;
                payment.tendered = -payment.tendered;
                payment.change = -payment.change;
            }
        }
        paid
    }
}

/// How far a total is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reckoning {
    /// What each tender pays, in their order, and what cash is rounded by.
    pub paid: Vec<SalePayment>,
    /// What is given back.
    pub change: Money,
    /// What is still due, to the cent.
    pub due: Money,
}

/// How cash is paid where no coin is as small as the currency's last place. Only what cash pays last is rounded, to the
/// nearest coin; the difference is a payment of its own, so that payments and total agree to the cent.
#[derive(Debug, Clone)]
pub struct CashRule {
    /// The currency's places.
    pub places: u32,
    /// The smallest coin, and the tender that bears what is rounded; none: cash is exact.
    rounding: Option<(Money, Arc<Tender>)>,
}

impl CashRule {
    /// Of an outlet, by the tenders that there are.
    pub fn of(outlet: &Outlet, catalogue: &Catalogue) -> Self {
        let (coin, least) = (outlet.smallest_coin, outlet.currency.least());
        let rounding = catalogue.rounding().filter(|_| coin > least);
        Self {
            places: outlet.currency.places,
            rounding: rounding.map(|tender| (coin, tender)),
        }
    }

    /// Without rounding.
    pub fn exact(places: u32) -> Self {
        Self { places, rounding: None }
    }

    /// What cash would pay of this: the nearest that there are coins for.
    pub fn in_coins(&self, due: Money) -> Money {
        self.rounding.as_ref().map_or(due, |(coin, _)| due.to_nearest(*coin))
    }

    /// What exact payment of this is by `tender`.
    pub fn exact_by(&self, tender: &Tender, due: Money) -> Money {
        if tender.gives_change { self.in_coins(due) } else { due }
    }

    /// What rounding is taken to, and by which tender, when `amount` is handed over for `due`. An amount that there are no
    /// coins for was no cash in coins: it pays what it is.
    fn rounds(&self, tender: &Tender, amount: Money, due: Money) -> Option<(Money, &Arc<Tender>)> {
        let (coin, rounding) = self.rounding.as_ref().filter(|_| tender.gives_change)?;
        let in_coins = due.to_nearest(*coin);
        let pays_the_rest = amount >= in_coins && amount != due && amount.to_nearest(*coin) == amount;
        (pays_the_rest && in_coins != due && !due.is_zero()).then_some((in_coins, rounding))
    }
}

/// Settles `total` by `tendered`, in their order; nothing is due at zero.
///
/// # Errors
/// When they do not settle it, change and what cash is rounded by included.
pub fn settle(total: Money, tendered: &[Tendered], rule: &CashRule) -> Result<Settlement, PaymentFault> {
    let Reckoning { paid, change, due } = reckon(total, tendered, rule)?;
    if due.is_zero() {
        Ok(Settlement { paid, change })
    } else {
        let due = due.fixed(rule.places);
        Err(PaymentFault::Due { due })
    }
}

/// How far `tendered` pay `total`, in their order.
///
/// # Errors
/// When one of them cannot pay what it says.
pub fn reckon(total: Money, tendered: &[Tendered], rule: &CashRule) -> Result<Reckoning, PaymentFault> {
    let places = rule.places;
    let mut due = total;
    let mut change = Money::ZERO;
    let mut paid: Vec<SalePayment> = Vec::with_capacity(tendered.len());
    for (nth, one) in (1..).zip(tendered) {
        let Tendered { tender, amount, .. } = one;
        let name = || tender.name.clone();
        // Behind the last one the rest is paid by nothing else.
        let rounded = rule.rounds(tender, *amount, due).filter(|_| nth == tendered.len());
        // Less than half a coin is paid by no coin at all.
        let by_none = amount.is_zero() && rounded.is_some();
        if (*amount <= Money::ZERO && !by_none) || !amount.fits(places) {
            return Err(PaymentFault::Amount {
                tender: name(),
                amount: *amount,
            });
        }
        let pays = rounded.map_or(due, |(in_coins, _)| in_coins).min(*amount);
        let back = *amount - pays;
        if (pays.is_zero() && rounded.is_none()) || (!back.is_zero() && !tender.gives_change) {
            return Err(PaymentFault::TooMuch {
                tender: name(),
                most: due.fixed(places),
            });
        }
        let reference = reference_of(tender, one.reference.as_deref())?;
        let same = |paid: &SalePayment| paid.tender == tender.uuid && paid.reference == reference;
        if let Some(reference) = &reference
            && tender.reference_unique
            && paid.iter().any(same)
        {
            return Err(PaymentFault::ReferenceTwice {
                tender: name(),
                reference: reference.clone(),
            });
        }
        due = due - pays;
        change += back;
        if !amount.is_zero() {
            paid.push(SalePayment {
                tender: tender.uuid,
                name: name(),
                amount: pays,
                tendered: *amount,
                change: back,
                reference,
            });
        }
        if let Some((_, rounding)) = rounded {
            paid.push(SalePayment {
                tender: rounding.uuid,
                name: rounding.name.clone(),
                amount: due,
                tendered: due,
                change: Money::ZERO,
                reference: None,
            });
            due = Money::ZERO;
        }
    }
    Ok(Reckoning { paid, change, due })
}
