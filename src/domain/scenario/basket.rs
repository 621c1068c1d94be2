//! A basket as people fill and pay it.
use jiff::Timestamp;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::act::{Paid, Sold, SoldLine};
use super::{REMEMBERED, Scenario};
use crate::domain::audit::Happening;
use crate::domain::money::Money;
use crate::domain::sale::SaleKind;

impl Scenario {
    /// An ordinary basket, not paid yet.
    pub(super) fn basket(&mut self, at: Timestamp, till: usize) -> Sold {
        let mut sold = self.empty(at);
        loop {
            let ware = self.dice.weighted(&self.shelves.wares);
            if sold.lines.iter().all(|line| line.ware != ware) {
                let quantity = self.usual(ware);
                sold.lines.push(self.line(ware, quantity));
            }
            if sold.lines.len() >= 8 || !self.dice.chance(0.45) {
                break;
            }
        }
        if sold
            .lines
            .iter()
            .any(|line| self.world.wares[line.ware].prescription_only)
        {
            sold.doctor = self.doctor(till);
        }
        sold
    }

    /// A basket of one thing.
    pub(super) fn of_one(&mut self, at: Timestamp, ware: usize, quantity: u32, doctor: Option<usize>) -> Sold {
        let mut sold = self.empty(at);
        sold.lines.push(self.line(ware, quantity));
        sold.doctor = doctor;
        sold
    }

    fn empty(&mut self, at: Timestamp) -> Sold {
        Sold {
            sale_id: self.ids.id(at),
            kind: SaleKind::Sale,
            doctor: None,
            refund_of: None,
            lines: Vec::new(),
            payments: Vec::new(),
        }
    }

    pub(super) fn line(&self, ware: usize, quantity: u32) -> SoldLine {
        let sells = &self.world.wares[ware];
        SoldLine {
            ware,
            quantity: quantity.min(sells.most().unwrap_or(u32::MAX)).max(1),
            price: sells.price,
            discount: Money::ZERO,
        }
    }

    /// How many somebody wants: mostly what everybody wants.
    fn usual(&mut self, ware: usize) -> u32 {
        let usual = self.world.wares[ware].usual;
        match self.dice.whole(0, 99) {
            0..=69 => usual,
            70..=81 => usual * 2,
            82..=89 => usual.div_ceil(2),
            90..=94 => usual * 3,
            95..=97 => usual.div_ceil(3),
            _ => self.dice.whole(1, usual * 4),
        }
    }

    /// A prescriber of the region; of another one for whoever travels.
    pub(super) fn doctor(&mut self, till: usize) -> Option<usize> {
        if self.dice.chance(0.001) {
            return Some(self.dice.below(self.world.doctors.len())).filter(|_| !self.world.doctors.is_empty());
        }
        let (near, weights) = &self.shelves.doctors[self.world.tills[till].outlet];
        near.get(self.dice.weighted(weights)).copied()
    }

    /// Pays it as that clerk's customers do.
    pub(super) fn pay(&mut self, sold: &mut Sold, till: usize, cash: f64) {
        let place = &self.world.outlets[self.world.tills[till].outlet];
        let (places, coin) = (place.currency.places, place.coin);
        let total = sold.total(places);
        sold.payments.clear();
        if total <= Money::ZERO {
            return;
        }
        let others = self.world.tenders.len() - 1;
        let other = if others > 1 && self.dice.chance(0.2) {
            2
        } else {
            others.min(1)
        };
        let in_coins = total.to_nearest(coin) == total;
        let tender = if others == 0 || (in_coins && self.dice.chance(cash)) {
            0
        } else {
            other
        };
        // What is at hand in cash, and the rest by phone.
        let part = Money::new((total.decimal() / Decimal::TWO).floor()).to_nearest(coin);
        if tender > 0 && part > Money::ZERO && self.dice.chance(0.05) {
            self.hand_over(sold, 0, part);
            self.hand_over(sold, tender, total - part);
        } else {
            self.hand_over(sold, tender, total);
        }
    }

    fn hand_over(&mut self, sold: &mut Sold, tender: usize, amount: Money) {
        // What is paid out has no reference of its own.
        let wants = self.world.tenders[tender].reference && sold.kind == SaleKind::Sale;
        sold.payments.push(Paid {
            tender,
            amount,
            reference: wants.then(|| self.ids.reference()),
        });
    }

    /// What comes back of a sale, all of it or a line, and is paid out in cash.
    pub(super) fn coming_back(&mut self, at: Timestamp, sold: &Sold, with_receipt: bool, till: usize) -> Sold {
        self.forget(till, sold.sale_id);
        let mut back = Sold {
            kind: SaleKind::Return,
            refund_of: with_receipt.then_some(sold.sale_id),
            lines: sold.lines.clone(),
            doctor: None,
            ..self.empty(at)
        };
        if back.lines.len() > 1 && self.dice.chance(0.6) {
            let kept = self.dice.below(back.lines.len());
            back.lines = vec![back.lines.swap_remove(kept)];
        }
        self.pay(&mut back, till, 0.9);
        back
    }

    /// Remembers a sale, of which something may come back.
    pub(super) fn remember(&mut self, at: Timestamp, till: usize, clerk: usize, sold: &Sold) {
        let recent = &mut self.recent[self.world.tills[till].outlet];
        if recent.len() >= REMEMBERED {
            recent.pop_front();
        }
        recent.push_back((at, clerk, sold.clone()));
    }

    /// Nothing more comes back of that sale.
    pub(super) fn forget(&mut self, till: usize, sale_id: Uuid) {
        self.recent[self.world.tills[till].outlet].retain(|(_, _, sold)| sold.sale_id != sale_id);
    }

    /// Another price for its first line, so many per cent of the list's, and what the till notes of it.
    pub(super) fn reprice(&mut self, sold: &mut Sold, till: usize, percent: u32) -> Option<Happening> {
        let places = self.world.outlets[self.world.tills[till].outlet].currency.places;
        let line = sold.lines.first_mut()?;
        let ware = &self.world.wares[line.ware];
        let before = line.price;
        line.price = before.percent(Decimal::from(percent), places);
        if line.price == before || line.price.is_zero() {
            line.price = before;
            return None;
        }
        Some(Happening::PriceOverride {
            sale_id: sold.sale_id,
            drug: ware.goods.clone(),
            unit: ware.unit.clone(),
            quantity: line.units(),
            before,
            after: line.price,
            reason: None,
        })
    }

    /// So much taken off its first line, and what the till notes of it.
    pub(super) fn take_off(&mut self, sold: &mut Sold, till: usize, off: Money) -> Option<Happening> {
        let places = self.world.outlets[self.world.tills[till].outlet].currency.places;
        let line = sold.lines.first_mut()?;
        let before = line.gross(places);
        if off <= Money::ZERO || off > before {
            return None;
        }
        line.discount = off;
        Some(Happening::DiscountOverride {
            sale_id: sold.sale_id,
            drug: self.world.wares[line.ware].goods.clone(),
            before,
            after: before - off,
            reason: None,
        })
    }

    /// So many per cent off its first line.
    pub(super) fn take_off_percent(&mut self, sold: &mut Sold, till: usize, percent: u32) -> Option<Happening> {
        let places = self.world.outlets[self.world.tills[till].outlet].currency.places;
        let gross = sold.lines.first()?.gross(places);
        self.take_off(sold, till, gross.percent(Decimal::from(percent), places))
    }
}
