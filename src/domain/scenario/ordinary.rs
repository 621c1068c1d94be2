//! What honest people do in a day: they sell, and they slip.
use jiff::{SignedDuration, Timestamp};

use super::act::{Act, Doing, Label, Sold};
use super::clerks::{Rota, date_of, half_days};
use super::plan::{Pace, seconds_of};
use super::week::{busy_day, busy_hour, moment};
use super::{STRETCH, Scenario};
use crate::domain::audit::{Happening, Removal};
use crate::domain::money::Money;
use crate::domain::supervision::RuleName;

/// Sales of an outlet of the middle size on a usual day of twelve hours.
const SALES_A_DAY: f64 = 130.0;
/// The sum of how busy the hours of such a day are.
const BUSY_HOURS: f64 = 12.3;

impl Scenario {
    /// The next day, or the next stretch until that moment.
    pub(super) fn ordinary(&mut self, until: Timestamp) {
        match self.setting.pace {
            Pace::Calendar { .. } => {
                for outlet in 0..self.world.outlets.len() {
                    self.day_at(outlet);
                }
            }
            Pace::Steady { rate, .. } => {
                let from = self.setting.start + SignedDuration::from_secs(i64::from(self.next * STRETCH));
                let sales = self.dice.count(rate * until.duration_since(from).as_secs_f64());
                let mut moments: Vec<_> = (0..sales).map(|_| self.dice.moment(from, until)).collect();
                moments.sort();
                for at in moments {
                    let till = self.dice.weighted(&self.shelves.tills);
                    let clerk = self.rota.clerk_at(&self.world, till, at);
                    self.serve(at, till, clerk);
                }
            }
        }
    }

    fn day_at(&mut self, outlet: usize) {
        let place = self.world.outlets[outlet].clone();
        let Some(date) = date_of(&place, self.setting.start, self.next) else {
            return;
        };
        let (Some(hours), Some([(_, noon), (_, closes)])) = (place.week.on(date), half_days(&place, date)) else {
            return;
        };
        let mut customers = Vec::new();
        for hour in hours.0..hours.1 {
            let Some(begins) = moment(date, hour, &place.zone) else {
                continue;
            };
            let mean = SALES_A_DAY * place.size * busy_day(date) * busy_hour(hour) / BUSY_HOURS;
            for _ in 0..self.dice.count(mean) {
                customers.push(self.dice.moment(begins, begins + SignedDuration::from_hours(1)));
            }
        }
        // The last ones are served behind the door.
        for _ in 0..self.dice.count(0.4) {
            customers.push(self.dice.moment(closes, closes + SignedDuration::from_mins(8)));
        }
        customers.sort();
        let mut free = vec![Timestamp::UNIX_EPOCH; place.tills.len()];
        for comes in customers {
            let at = self.dice.below(free.len());
            let till = place.tills.start + at;
            let begins = comes.max(free[at]);
            if begins > closes + SignedDuration::from_mins(12) {
                continue;
            }
            let clerk = Rota::clerk(&self.world, till, self.next, u32::from(begins >= noon));
            let takes = self.habits[clerk].pace * self.dice.factor(0.4);
            free[at] = begins + seconds_of(takes);
            self.serve(free[at], till, clerk);
        }
    }

    /// A customer: what is sold to them, and what goes wrong meanwhile.
    pub(super) fn serve(&mut self, at: Timestamp, till: usize, clerk: usize) {
        let habits = self.habits[clerk].clone();
        let before = |seconds: f64| at - seconds_of(seconds);
        if self.dice.chance(habits.cancels) {
            let lines = self.dice.whole(1, 3);
            let open = self.dice.chance(0.3);
            let cancelled = self.cancelled(before(20.0), till, lines, open);
            self.note(before(20.0), till, clerk, cancelled, None);
        }
        let mut sold = self.basket(at, till);
        if self.dice.chance(habits.removes) {
            let shown = self.dice.whole(1, 40);
            let how = if shown < 5 { Removal::Undone } else { Removal::TakenOut };
            let removed = self.removed(&sold, till, how, shown);
            self.note(before(8.0), till, clerk, removed, None);
        }
        if self.dice.chance(0.01) {
            let ware = self.dice.weighted(&self.shelves.wares);
            let asked = Happening::AskedFor {
                drug: Some(self.world.wares[ware].goods.clone()),
                words: None,
                quantity: None,
                stock: None,
            };
            self.note(before(12.0), till, clerk, asked, None);
        }
        if self.dice.chance(habits.opens_drawer) {
            let opened = Happening::drawer_opened("change for the float");
            self.note(before(15.0), till, clerk, opened, None);
        }
        let (mut told, mut label) = (None, None);
        if self.dice.chance(habits.reprices) {
            let percent = self.dice.whole(88, 105);
            told = self.reprice(&mut sold, till, percent);
        } else if self.dice.chance(habits.discounts) {
            let percent = self.dice.pick(&[5, 5, 10]).unwrap_or(5);
            told = self.take_off_percent(&mut sold, till, percent);
        }
        let mut cash = habits.cash;
        if let Some((of, share)) = self.habit(clerk, at)
            && self.dice.chance(share)
        {
            match of.rule {
                RuleName::Discounts => {
                    let percent = self.dice.whole(10, 30);
                    told = self.take_off_percent(&mut sold, till, percent).or(told);
                    label = Some(of);
                }
                RuleName::RoundNumbers => {
                    let off = self.above_round(&sold, till);
                    if let Some(rounded) = self.take_off(&mut sold, till, off) {
                        (told, label) = (Some(rounded), Some(of));
                    }
                }
                _ => {
                    cash = if of.incident % 2 == 0 { 0.0 } else { 1.0 };
                    label = Some(of);
                }
            }
        }
        if self.dice.chance(habits.breaks_off) {
            let total = sold.total(self.places(till));
            let broken_off = Happening::PaymentCancelled {
                sale_id: sold.sale_id,
                total,
                handed_over: Money::ZERO,
            };
            self.note(before(4.0), till, clerk, broken_off, None);
        }
        self.pay(&mut sold, till, cash);
        self.sell(at, till, clerk, sold, label);
        if let Some(told) = told {
            self.note(at, till, clerk, told, label);
        }
        if self.dice.chance(habits.takes_back) {
            self.take_back(at + seconds_of(self.habits[clerk].pace), till, clerk);
        }
    }

    /// Something comes back: mostly of another day or hour, with its receipt.
    fn take_back(&mut self, at: Timestamp, till: usize, clerk: usize) {
        let recent = &self.recent[self.world.tills[till].outlet];
        // Some notice it at the door.
        let place = if self.dice.chance(0.04) {
            recent.len().saturating_sub(2)
        } else {
            self.dice.below(recent.len())
        };
        let Some((_, _, sold)) = recent.get(place).cloned() else {
            return;
        };
        let with_receipt = !self.dice.chance(0.04);
        let back = self.coming_back(at, &sold, with_receipt, till);
        self.act(at, till, clerk, Doing::Sale(Box::new(back)), None);
    }

    /// A basket that is let go.
    pub(super) fn cancelled(&mut self, at: Timestamp, till: usize, lines: u32, payment_open: bool) -> Happening {
        let sold = self.basket(at, till);
        let value = sold.total(self.places(till));
        Happening::BasketCancelled {
            sale_id: sold.sale_id,
            lines,
            value,
            payment_open,
        }
    }

    /// Something that was to go into that basket, and leaves it.
    pub(super) fn removed(&mut self, sold: &Sold, till: usize, how: Removal, shown: u32) -> Happening {
        let ware = self.dice.weighted(&self.shelves.wares);
        let line = self.line(ware, self.world.wares[ware].usual);
        let goods = &self.world.wares[ware];
        Happening::LineRemoved {
            sale_id: sold.sale_id,
            drug: goods.goods.clone(),
            unit: goods.unit.clone(),
            quantity: line.units(),
            value: line.total(self.places(till)),
            how,
            shown_s: Some(u64::from(shown)),
        }
    }

    /// What a sale costs above a round amount.
    fn above_round(&self, sold: &Sold, till: usize) -> Money {
        let total = sold.total(self.places(till)).decimal();
        let round = if total >= 200.into() { 100 } else { 50 };
        Money::new(total % rust_decimal::Decimal::from(round))
    }

    /// The habit of a clerk at that moment that no peer has.
    fn habit(&self, clerk: usize, at: Timestamp) -> Option<(Label, f64)> {
        self.incidents
            .iter()
            .find(|of| of.share > 0.0 && of.clerk == Some(clerk) && (of.from..of.until).contains(&at))
            .map(|of| (of.label, of.share))
    }

    pub(super) fn places(&self, till: usize) -> u32 {
        self.world.outlets[self.world.tills[till].outlet].currency.places
    }

    pub(super) fn sell(&mut self, at: Timestamp, till: usize, clerk: usize, sold: Sold, label: Option<Label>) {
        self.remember(at, till, clerk, &sold);
        self.act(at, till, clerk, Doing::Sale(Box::new(sold)), label);
    }

    pub(super) fn note(
        &mut self,
        at: Timestamp,
        till: usize,
        clerk: usize,
        happening: Happening,
        label: Option<Label>,
    ) {
        self.act(at, till, clerk, Doing::Note(Box::new(happening)), label);
    }

    pub(super) fn act(&mut self, at: Timestamp, till: usize, clerk: usize, doing: Doing, label: Option<Label>) {
        self.made.push(Act {
            at,
            till,
            clerk,
            doing,
            label,
        });
    }
}
