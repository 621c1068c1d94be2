//! How often an employee does a thing, for each sale they make, beside their peers.
mod habit;
mod words;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use self::habit::HABITS;
pub(crate) use self::habit::Habit;
use super::bounded::Bounded;
use super::rates::Rates;
use super::scene::{Desk, Scene};

/// Employees, at most.
const MOST: usize = 10_000;

/// All employees' habits.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Habits {
    rates: Rates<HABITS, MOST>,
    /// The latest basket that lines were taken out of, and the latest sale with a changed price: each counts once.
    latest: Bounded<i64, (Uuid, Uuid), MOST>,
}

/// A sale or return as the habits see it.
pub(crate) struct Sold {
    pub employee: i64,
    pub outlet: i64,
    pub is_round: bool,
    pub cash: Option<bool>,
    /// The part of the price taken off.
    pub discount: f64,
    /// What it is besides.
    pub habits: [Option<Habit>; 3],
}

impl Habits {
    /// Counts a sale or return.
    pub fn sold(&mut self, scene: &Scene<'_>, desk: &mut Desk<'_>, sold: &Sold) {
        let counts = self.rates.of((sold.employee, sold.outlet), scene.day, scene.thresholds);
        for (at, occasions) in counts.occasions.0.iter_mut().enumerate() {
            // Of the payment only those that say how they were paid.
            *occasions += if at == Habit::CashShare as usize && sold.cash.is_none() {
                0.0
            } else {
                1.0
            };
        }
        let mut done = [None; 6];
        done[..3].copy_from_slice(&sold.habits);
        done[3] = sold.is_round.then_some(Habit::RoundNumbers);
        done[4] = (sold.cash == Some(true)).then_some(Habit::CashShare);
        done[5] = (sold.discount > 0.0).then_some(Habit::Discounts);
        for habit in done.into_iter().flatten() {
            let size = if habit == Habit::Discounts { sold.discount } else { 1.0 };
            counts.add(habit as usize, size);
        }
        if sold.discount > 0.0 {
            self.rates.sized(Habit::Discounts as usize, sold.discount);
        }
        for habit in done.into_iter().flatten() {
            self.judge(scene, desk, sold.employee, habit);
        }
        if sold.cash == Some(false) {
            self.judge(scene, desk, sold.employee, Habit::CashShare);
        }
    }

    /// Counts something that is not a sale.
    pub fn done(&mut self, scene: &Scene<'_>, desk: &mut Desk<'_>, employee: i64, habit: Habit) {
        self.rates
            .of((employee, scene.outlet()), scene.day, scene.thresholds)
            .add(habit as usize, 1.0);
        self.judge(scene, desk, employee, habit);
    }

    /// Counts lines taken out of a basket, once for each basket.
    pub fn thinned(&mut self, scene: &Scene<'_>, desk: &mut Desk<'_>, employee: i64, basket: Uuid) {
        let (thinned, _) = self.latest.entry(employee);
        if *thinned != basket {
            *thinned = basket;
            self.done(scene, desk, employee, Habit::RemovedLines);
        }
    }

    /// Counts changed prices, once for each sale.
    pub fn overridden(&mut self, scene: &Scene<'_>, desk: &mut Desk<'_>, employee: i64, sale: Uuid) {
        let (_, overridden) = self.latest.entry(employee);
        if *overridden != sale {
            *overridden = sale;
            self.done(scene, desk, employee, Habit::PriceOverrides);
        }
    }

    fn judge(&mut self, scene: &Scene<'_>, desk: &mut Desk<'_>, employee: i64, habit: Habit) {
        let rule = habit.rule();
        if !scene.is_on(rule) {
            return;
        }
        let measure = habit.measure(scene.thresholds);
        // Of what everybody does all day, rows are kept only of those who begin to stand out.
        let stands_out = || {
            let score = self.rates.score(employee, &measure, scene.thresholds);
            score.is_some_and(|score| score > measure.limit / 2.0)
        };
        if !habit.is_share() || stands_out() {
            desk.evidence.keep((rule, employee), scene.row());
        }
        let excess = self.rates.excess(employee, scene.day, &measure, scene.thresholds);
        if let Some(excess) = excess {
            let finding = words::finding(scene, desk.evidence, (employee, habit), &excess);
            desk.tell(finding);
        }
    }
}
