//! Tenders against a total: what each pays, what is given back.
use std::sync::Arc;

use thiserror::Error;

use super::reference::reference_of;
use crate::domain::catalogue::Tender;
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
    #[error("“{reference}” is no {tender} reference; expected: {expected}")]
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

/// Settles `total` by `tendered`, in their order; nothing is due at zero.
///
/// # Errors
/// When they do not settle it exactly, change included.
pub fn settle(total: Money, tendered: &[Tendered], places: u32) -> Result<Settlement, PaymentFault> {
    let mut due = total;
    let mut change = Money::ZERO;
    let mut paid = Vec::with_capacity(tendered.len());
    for Tendered {
        tender,
        amount,
        reference,
    } in tendered
    {
        let name = || tender.name.clone();
        if *amount <= Money::ZERO || !amount.fits(places) {
            return Err(PaymentFault::Amount {
                tender: name(),
                amount: *amount,
            });
        }
        let pays = (*amount).min(due);
        let back = *amount - pays;
        if pays.is_zero() || (!back.is_zero() && !tender.gives_change) {
            return Err(PaymentFault::TooMuch {
                tender: name(),
                most: due.fixed(places),
            });
        }
        let reference = reference_of(tender, reference.as_deref())?;
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
        paid.push(SalePayment {
            tender: tender.uuid,
            name: name(),
            amount: pays,
            tendered: *amount,
            change: back,
            reference,
        });
    }
    if due.is_zero() {
        Ok(Settlement { paid, change })
    } else {
        Err(PaymentFault::Due { due: due.fixed(places) })
    }
}
