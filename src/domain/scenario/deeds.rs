//! What is done in each fraud and mistake.
use jiff::{SignedDuration, Timestamp};

use super::Scenario;
use super::act::{Doing, Label, Sold};
use super::plan::{Moment, Pace};
use crate::domain::audit::{Happening, Removal};
use crate::domain::supervision::RuleName;

impl Scenario {
    /// All that is due before that moment.
    pub(super) fn deeds(&mut self, until: Timestamp) {
        while let Some((incident, moment)) = self.due.pop_if(|(_, moment)| moment.at < until) {
            let incident = &self.incidents[incident];
            let (label, doctor) = (incident.label, incident.doctor);
            self.deed(label, doctor, moment);
        }
    }

    fn deed(&mut self, label: Label, doctor: Option<usize>, moment: Moment) {
        let Moment { at, till, clerk } = moment;
        match label.rule {
            RuleName::CancelledBaskets => {
                let (lines, open) = (self.dice.whole(2, 6), self.dice.chance(0.7));
                let cancelled = self.cancelled(at, till, lines, open);
                self.note(at, till, clerk, cancelled, Some(label));
            }
            RuleName::DrawerWithoutSale => {
                let opened = Happening::drawer_opened(self.dice.pick(&["change", "check", "-"]).unwrap_or("-"));
                self.note(at, till, clerk, opened, Some(label));
            }
            RuleName::RemovedLines => {
                let sold = self.basket(at, till);
                let shown = self.dice.whole(15, 120);
                let removed = self.removed(&sold, till, Removal::TakenOut, shown);
                self.note(at - SignedDuration::from_secs(4), till, clerk, removed, Some(label));
                self.pay_and_sell(moment, sold, Some(label));
            }
            RuleName::PriceOverrides => {
                let percent = self.dice.whole(40, 85);
                self.repriced(label, moment, percent);
            }
            RuleName::UnusualPrice => {
                // A point in the wrong place, or a digit too many or too few.
                let percent = self.dice.pick(&[10, 10, 1_000, 1_000, 10_000, 25]).unwrap_or(10);
                self.repriced(label, moment, percent);
            }
            RuleName::ReturnsWithoutReceipt => {
                let sold = self.basket(at, till);
                let back = self.coming_back(at, &sold, false, till);
                self.act(at, till, clerk, Doing::Sale(Box::new(back)), Some(label));
            }
            RuleName::ReturnsOfOwnSales => self.own_sale_back(label, moment),
            RuleName::ReturnsSoonAfterSale => {
                let sold = self.basket(at, till);
                let sold = self.pay_and_sell(moment, sold, Some(label));
                let later = at + self.soon();
                let back = self.coming_back(later, &sold, true, till);
                self.act(later, till, clerk, Doing::Sale(Box::new(back)), Some(label));
            }
            RuleName::SplitSales => {
                let prescriber = self.doctor(till);
                let Some((ware, most)) = self.controlled(label.incident) else {
                    return;
                };
                let quantity = self.dice.whole(most.div_ceil(2), most);
                let sold = self.of_one(at, ware, quantity, prescriber);
                self.pay_and_sell(moment, sold, Some(label));
            }
            RuleName::ControlledByEmployee | RuleName::ControlledByOutlet | RuleName::ControlledByPrescriber => {
                let prescriber = doctor.or_else(|| self.doctor(till));
                // A few drugs that sell well outside.
                let which = label.incident + self.dice.whole(0, 3);
                let Some((ware, most)) = self.controlled(which) else {
                    return;
                };
                let quantity = self.dice.whole(most.div_ceil(3), most);
                let sold = self.of_one(at, ware, quantity, prescriber);
                self.pay_and_sell(moment, sold, Some(label));
            }
            RuleName::PrescriberFarApart | RuleName::PrescriberProlific => {
                let mut sold = self.basket(at, till);
                if let Some(ware) = self.dice.pick(&self.shelves.prescribed) {
                    let usual = self.world.wares[ware].usual;
                    sold.lines.insert(0, self.line(ware, usual));
                    sold.lines.truncate(3);
                }
                sold.doctor = doctor;
                self.pay_and_sell(moment, sold, Some(label));
            }
            RuleName::UnusualQuantity => {
                let times = self.dice.pick(&[10, 10, 10, 20, 100]).unwrap_or(10);
                let mut sold = self.basket(at, till);
                // A controlled drug's limit would stop it at the counter.
                sold.lines.retain(|line| self.world.wares[line.ware].limit.is_none());
                if let Some(line) = sold.lines.first_mut() {
                    line.quantity = self.world.wares[line.ware].usual * times;
                } else {
                    let ware = self.world.wares.iter().position(|ware| ware.limit.is_none());
                    sold.lines = ware
                        .map(|ware| self.line(ware, self.world.wares[ware].usual * times))
                        .into_iter()
                        .collect();
                }
                self.pay_and_sell(moment, sold, Some(label));
            }
            RuleName::SameBasketTwice => {
                let sold = match self.baskets.remove(&label.incident) {
                    None => self.basket(at, till),
                    Some(first) => Sold {
                        sale_id: self.ids.id(at),
                        ..first
                    },
                };
                let sold = self.pay_and_sell(moment, sold, Some(label));
                self.baskets.insert(label.incident, sold);
            }
            RuleName::OutsideOpeningHours | RuleName::ReceiptMissing | RuleName::EventAltered => {
                let sold = self.basket(at, till);
                self.pay_and_sell(moment, sold, Some(label));
            }
            // What lasts is done where acts are made and where they travel; what `verify` finds is in no stream.
            _ => {}
        }
    }

    /// How long after a sale somebody brings it back at once: in a scenario that is over in minutes, seconds.
    fn soon(&mut self) -> SignedDuration {
        let (least, most) = match self.setting.pace {
            Pace::Calendar { .. } => (40, 480),
            Pace::Steady { .. } => (1, 8),
        };
        SignedDuration::from_secs(i64::from(self.dice.whole(least, most)))
    }

    fn repriced(&mut self, label: Label, moment: Moment, percent: u32) {
        let mut sold = self.basket(moment.at, moment.till);
        let told = self.reprice(&mut sold, moment.till, percent);
        self.pay_and_sell(moment, sold, Some(label));
        if let Some(told) = told {
            self.note(moment.at, moment.till, moment.clerk, told, Some(label));
        }
    }

    /// Of what the same clerk sold before, an hour or days ago.
    fn own_sale_back(&mut self, label: Label, moment: Moment) {
        let Moment { at, till, clerk } = moment;
        let recent = &self.recent[self.world.tills[till].outlet];
        let own: Vec<Sold> = recent
            .iter()
            .filter(|(when, who, _)| *who == clerk && at.duration_since(*when) > SignedDuration::from_mins(15))
            .map(|(_, _, sold)| sold.clone())
            .collect();
        let place = self.dice.below(own.len());
        let sold = if let Some(sold) = own.into_iter().nth(place) {
            sold
        } else {
            let sold = self.basket(at, till);
            self.pay_and_sell(moment, sold, None)
        };
        let back = self.coming_back(at, &sold, true, till);
        self.act(at, till, clerk, Doing::Sale(Box::new(back)), Some(label));
    }

    fn pay_and_sell(&mut self, moment: Moment, mut sold: Sold, label: Option<Label>) -> Sold {
        let cash = self.habits[moment.clerk].cash;
        self.pay(&mut sold, moment.till, cash);
        self.sell(moment.at, moment.till, moment.clerk, sold.clone(), label);
        sold
    }

    /// One of the controlled wares, the same for the same number, and how many of its unit a sale may hold.
    fn controlled(&self, which: u32) -> Option<(usize, u32)> {
        let list = &self.shelves.controlled;
        let place = usize::try_from(which).ok()?.checked_mul(7)?.checked_rem(list.len())?;
        let ware = *list.get(place)?;
        Some((ware, self.world.wares[ware].most()?))
    }
}
