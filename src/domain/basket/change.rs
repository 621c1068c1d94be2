//! Changes of a line that is in a basket. Each leaves the basket as it was where a rule of goods forbids it.
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{Basket, BasketFault, Discount, check_quantity, listed_price};
use crate::domain::catalogue::Outlet;
use crate::domain::money::{Currency, Money, Quantity};

impl Basket {
    /// Changes the quantity of a line.
    ///
    /// # Errors
    /// When the rules of goods forbid it; the basket is then as it was.
    pub fn set_quantity(&mut self, line: usize, quantity: Quantity) -> Result<(), BasketFault> {
        if let Some(line) = self.lines.get_mut(line) {
            check_quantity(&line.drug, line.pack, quantity)?;
            line.quantity = quantity;
        }
        Ok(())
    }

    /// Sells a line by another of the drug's units, so many of it as before, at the list's price; a discount goes.
    ///
    /// # Errors
    /// When the rules of goods forbid it; the basket is then as it was.
    pub fn set_pack(&mut self, line: usize, pack: usize, outlet: &Outlet, at: Timestamp) -> Result<(), BasketFault> {
        let Some(line) = self.lines.get_mut(line) else {
            return Ok(());
        };
        let price = listed_price(&line.drug, pack, outlet, at)?;
        check_quantity(&line.drug, pack, line.quantity)?;
        line.pack = pack;
        line.unit_price = price;
        line.list_price = price;
        line.discount = Discount::NONE;
        Ok(())
    }

    /// Sells a line at another price than the list's, for one of its unit; the list's is kept beside it, so that the sale
    /// says that it differs.
    ///
    /// # Errors
    /// When it is below zero, or finer than the currency.
    pub fn set_price(&mut self, line: usize, price: Money, currency: &Currency) -> Result<(), BasketFault> {
        if price.is_negative() || !price.fits(currency.places) {
            let currency = currency.code.clone();
            return Err(BasketFault::Price { price, currency });
        }
        if let Some(line) = self.lines.get_mut(line) {
            line.unit_price = price;
        }
        Ok(())
    }

    /// Takes so many per cent off a line, in place of what was taken off before.
    ///
    /// # Errors
    /// When it is not between nothing and all of it.
    pub fn set_percent_off(&mut self, line: usize, percent: Decimal) -> Result<(), BasketFault> {
        if percent.is_sign_negative() || percent > Decimal::ONE_HUNDRED {
            return Err(BasketFault::Percent);
        }
        if let Some(line) = self.lines.get_mut(line) {
            line.discount = if percent.is_zero() {
                Discount::NONE
            } else {
                Discount::Percent(percent)
            };
        }
        Ok(())
    }
}
