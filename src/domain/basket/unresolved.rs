//! Scanned codes that nothing in the catalogue bears. They stand in the basket below its lines, and block the payment.
use super::{Basket, BasketFault, MOST_OF_A_UNIT};
use crate::domain::batch::Batch;
use crate::domain::money::Quantity;
use crate::domain::sale::MAX_LINES;

/// A scanned code that nothing bears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// The code.
    pub code: String,
    /// How many were scanned.
    pub quantity: Quantity,
    /// What the label said of the goods.
    pub batch: Batch,
}

impl Basket {
    /// How many rows it shows: its lines, and below them what is unresolved.
    pub fn rows(&self) -> usize {
        self.lines.len() + self.unresolved.len()
    }

    /// The place in `unresolved` of a row.
    pub fn unresolved_at(&self, row: usize) -> Option<usize> {
        let at = row.checked_sub(self.lines.len())?;
        (at < self.unresolved.len()).then_some(at)
    }

    /// Adds so many of what bears a code that nothing is known of; more of the same goes to the same row. Gives the row.
    ///
    /// # Errors
    /// When it has too many rows, or that would be too many of one; the basket is then as it was.
    pub fn add_unresolved(&mut self, code: &str, quantity: Quantity, batch: Batch) -> Result<usize, BasketFault> {
        let same = |row: &Unresolved| row.code == code && row.batch.is_same(&batch);
        let at = match self.unresolved.iter().position(same) {
            Some(at) => {
                self.set_unresolved(at, self.unresolved[at].quantity + quantity)?;
                at
            }
            None if self.rows() >= MAX_LINES => return Err(BasketFault::TooManyLines),
            None => {
                check(quantity)?;
                self.unresolved.push(Unresolved {
                    code: code.to_owned(),
                    quantity,
                    batch,
                });
                self.unresolved.len() - 1
            }
        };
        Ok(self.lines.len() + at)
    }

    /// Changes the quantity of one of them.
    ///
    /// # Errors
    /// When it is not above zero, or too large; the basket is then as it was.
    pub fn set_unresolved(&mut self, at: usize, quantity: Quantity) -> Result<(), BasketFault> {
        check(quantity)?;
        if let Some(row) = self.unresolved.get_mut(at) {
            row.quantity = quantity;
        }
        Ok(())
    }
}

fn check(quantity: Quantity) -> Result<(), BasketFault> {
    if quantity <= Quantity::ZERO {
        return Err(BasketFault::NotAboveZero { quantity });
    }
    if quantity.decimal() >= MOST_OF_A_UNIT.into() {
        return Err(BasketFault::TooMany {
            quantity: quantity.to_string(),
        });
    }
    Ok(())
}
