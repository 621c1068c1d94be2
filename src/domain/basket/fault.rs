//! Why a basket cannot be, or cannot be sold: in words for the person at the counter.
use thiserror::Error;

use super::PaymentFault;
use crate::domain::batch::Batch;
use crate::domain::money::{Money, Quantity};
use crate::domain::sale::MAX_LINES;

/// Why something cannot be added or sold, in words for the person at the counter.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BasketFault {
    /// Nothing is in it.
    #[error("the basket is empty")]
    Empty,
    /// A scanned code that nothing bears.
    #[error("{code} is not in the catalogue: Enter on its line finds it by name, Del takes it out")]
    Unresolved {
        /// The code.
        code: String,
    },
    /// A prescription-only drug without a prescriber.
    #[error("{drug} wants a prescriber: @ before paying")]
    PrescriberWanted {
        /// The drug.
        drug: String,
    },
    /// Zero or less.
    #[error("quantity {quantity}: it must be above zero")]
    NotAboveZero {
        /// What was asked for.
        quantity: Quantity,
    },
    /// A part of something that is counted whole.
    #[error("{quantity} {unit} of {drug}: a {unit} cannot be divided")]
    NotWhole {
        /// What was asked for.
        quantity: Quantity,
        /// The unit.
        unit: String,
        /// The drug.
        drug: String,
    },
    /// So many that it must be a slip.
    #[error("{quantity} is too many for one line")]
    TooMany {
        /// What was asked for.
        quantity: String,
    },
    /// More of a controlled drug than one sale may hold.
    #[error("{drug} is controlled: at most {limit} {unit} a sale, {wanted} wanted")]
    OverLimit {
        /// The drug.
        drug: String,
        /// Base units that one sale may hold.
        limit: Quantity,
        /// Base units in the basket.
        wanted: Quantity,
        /// The base unit.
        unit: String,
    },
    /// It has no price here today.
    #[error("{drug} has no price per {unit} here: set one under Drugs (F4)")]
    NoPrice {
        /// The drug.
        drug: String,
        /// The unit.
        unit: String,
    },
    /// Its tax code is not known.
    #[error("{drug} has tax code {code}, which is not known: mend it under Drugs (F4)")]
    NoTax {
        /// The drug.
        drug: String,
        /// The code.
        code: String,
    },
    /// Its batch may no longer be sold.
    #[error("{drug}, {batch}: expired, and not sold")]
    Expired {
        /// The drug.
        drug: String,
        /// The batch.
        batch: Batch,
    },
    /// Deactivated.
    #[error("{drug} is no longer sold")]
    Inactive {
        /// The drug.
        drug: String,
    },
    /// The catalogue of this till does not have it.
    #[error("{drug} is not in this till's catalogue yet")]
    NotInCatalogue {
        /// The drug.
        drug: String,
    },
    /// More than one receipt bears.
    #[error("a sale has at most {MAX_LINES} lines")]
    TooManyLines,
    /// A discount below zero or above the line.
    #[error("a discount is between 0 and the line's {most}")]
    Discount {
        /// The most that can be taken off.
        most: String,
    },
    /// So many per cent can not be taken off.
    #[error("a discount is between 0 and 100 per cent")]
    Percent,
    /// Less than nothing, or finer than the currency.
    #[error("{price} is no price in {currency}")]
    Price {
        /// What was asked for.
        price: Money,
        /// The currency.
        currency: String,
    },
    /// The unit is none of the drug's.
    #[error("{drug} is not sold by the {unit}")]
    NoSuchUnit {
        /// The drug.
        drug: String,
        /// The unit asked for.
        unit: String,
    },
    /// About the payment.
    #[error(transparent)]
    Payment(#[from] PaymentFault),
}
