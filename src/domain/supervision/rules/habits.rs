//! How often an employee does a thing, for each sale they make, beside their peers: today, and over the last two weeks or so.
//!
//! One statistic for all: the modified z-score of [`peers::score`] against the median of the peers' rates and their median
//! absolute deviation. What is older counts less by the day, so that the measure moves with the chain.
mod habit;
mod words;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(crate) use self::habit::Habit;
use self::habit::HABITS;
use super::bounded::Bounded;
use super::peers::{self, Usual};
use super::scene::{Desk, Scene};

/// After so many counts the peers are compared anew.
const REFRESHED_EVERY: u32 = 500;
/// Of the peers' rates, so many of the highest are left out of their mean: those who do the thing too much.
const TRIMMED: usize = 10;
/// A day with fewer sales is scored as if it had had these.
const QUIET_DAY: f64 = 5.0;

/// What was counted of an employee.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Counts {
    /// Sales and returns.
    sales: f64,
    /// Those of which the payment is known.
    paid: f64,
    /// How often.
    times: [f64; HABITS],
    /// How much: for most habits as `times`, for discounts the parts of the price.
    sums: [f64; HABITS],
}

impl Counts {
    fn scaled(&self, by: f64) -> Self {
        let scale = |values: [f64; HABITS]| values.map(|value| value * by);
        Self {
            sales: self.sales * by,
            paid: self.paid * by,
            times: scale(self.times),
            sums: scale(self.sums),
        }
    }

    fn plus(&self, other: &Self) -> Self {
        let add = |a: [f64; HABITS], b: [f64; HABITS]| std::array::from_fn(|i| a[i] + b[i]);
        Self {
            sales: self.sales + other.sales,
            paid: self.paid + other.paid,
            times: add(self.times, other.times),
            sums: add(self.sums, other.sums),
        }
    }

    /// Of how many occasions a habit is a part.
    fn occasions(&self, habit: Habit) -> f64 {
        if habit == Habit::CashShare { self.paid } else { self.sales }
    }
}

/// An employee.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Clerk {
    /// The latest day seen.
    day: i32,
    today: Counts,
    /// All days before it, each counting less than the one after it.
    past: Counts,
    /// The latest basket that lines were taken out of, and the latest sale with a changed price: each counts once.
    thinned: Uuid,
    overridden: Uuid,
    /// The day on which each habit was last told of, and how often it had been done by then.
    told: [Option<(i32, f64)>; HABITS],
}

impl Clerk {
    /// The counts of that day, ready to be added to.
    fn on(&mut self, day: i32, half_life: f64) -> &mut Counts {
        if day > self.day {
            let days = f64::from(day.saturating_sub(self.day));
            self.past = self.past.plus(&self.today).scaled(0.5_f64.powf(days / half_life));
            self.today = Counts::default();
            self.day = day;
        }
        // What comes late is of a day that is over.
        if day < self.day { &mut self.past } else { &mut self.today }
    }
}

/// What is usual of one habit.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Norm {
    rate: f64,
    median: f64,
    sigma: f64,
    peers: usize,
}

/// Which of the two measures found something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Day,
    Lately,
}

/// A habit beyond what is usual.
struct Excess {
    scope: Scope,
    times: f64,
    sum: f64,
    occasions: f64,
    score: f64,
}

/// All employees' habits.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Habits {
    clerks: Bounded<i64, Clerk, 10_000>,
    norms: Option<[Norm; HABITS]>,
    counted: u32,
    /// Discounts of the whole chain: their sum, and that of their squares.
    discounts: (f64, f64),
}

/// A sale or return as the habits see it.
pub(crate) struct Sold {
    pub employee: i64,
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
        self.refresh(scene);
        let half_life = scene.thresholds.half_life_days;
        let counts = self.clerks.entry(sold.employee).on(scene.day, half_life);
        counts.sales += 1.0;
        counts.paid += if sold.cash.is_some() { 1.0 } else { 0.0 };
        let mut done = [None; 6];
        done[..3].copy_from_slice(&sold.habits);
        done[3] = sold.is_round.then_some(Habit::RoundNumbers);
        done[4] = (sold.cash == Some(true)).then_some(Habit::CashShare);
        done[5] = (sold.discount > 0.0).then_some(Habit::Discounts);
        for habit in done.into_iter().flatten() {
            let size = if habit == Habit::Discounts { sold.discount } else { 1.0 };
            counts.times[habit as usize] += 1.0;
            counts.sums[habit as usize] += size;
        }
        if sold.discount > 0.0 {
            self.discounts.0 += sold.discount;
            self.discounts.1 += sold.discount * sold.discount;
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
        self.refresh(scene);
        let counts = self.clerks.entry(employee).on(scene.day, scene.thresholds.half_life_days);
        counts.times[habit as usize] += 1.0;
        counts.sums[habit as usize] += 1.0;
        self.judge(scene, desk, employee, habit);
    }

    /// Counts lines taken out of a basket, once for each basket.
    pub fn thinned(&mut self, scene: &Scene<'_>, desk: &mut Desk<'_>, employee: i64, basket: Uuid) {
        let clerk = self.clerks.entry(employee);
        if clerk.thinned != basket {
            clerk.thinned = basket;
            self.done(scene, desk, employee, Habit::RemovedLines);
        }
    }

    /// Counts changed prices, once for each sale.
    pub fn overridden(&mut self, scene: &Scene<'_>, desk: &mut Desk<'_>, employee: i64, sale: Uuid) {
        let clerk = self.clerks.entry(employee);
        if clerk.overridden != sale {
            clerk.overridden = sale;
            self.done(scene, desk, employee, Habit::PriceOverrides);
        }
    }

    fn judge(&mut self, scene: &Scene<'_>, desk: &mut Desk<'_>, employee: i64, habit: Habit) {
        let rule = habit.rule();
        if !scene.is_on(rule) {
            return;
        }
        let Some(clerk) = self.clerks.get(&employee) else {
            return;
        };
        let norm = self.norm(habit, scene.thresholds.least_peers);
        let (limit, least) = habit.limits(scene.thresholds);
        let size = self.size(habit, norm.rate);
        let all = clerk.past.plus(&clerk.today);
        if all.sales < scene.thresholds.least_transactions {
            if !habit.is_share() {
                desk.evidence.keep((rule, employee), scene.row());
            }
            return;
        }
        let score = |counts: &Counts, at_least: f64| {
            let occasions = counts.occasions(habit).max(at_least);
            let score = peers::score(counts.sums[habit as usize], occasions, norm.rate, norm.sigma, size);
            if habit == Habit::CashShare { score.abs() } else { score }
        };
        let (today, lately) = (score(&clerk.today, QUIET_DAY), score(&all, 0.0));
        // Of what everybody does all day, rows are kept only of those who begin to stand out.
        if !habit.is_share() || today.max(lately) > limit / 2.0 {
            desk.evidence.keep((rule, employee), scene.row());
        }
        let is_enough = |counts: &Counts| {
            counts.times[habit as usize] >= least
                && (!habit.is_share() || counts.occasions(habit) >= scene.thresholds.least_transactions)
        };
        let (scope, counts, score) = if today >= limit && is_enough(&clerk.today) && scene.day == clerk.day {
            (Scope::Day, &clerk.today, today)
        } else if lately >= limit && is_enough(&all) {
            (Scope::Lately, &all, lately)
        } else {
            return;
        };
        let excess = Excess {
            scope,
            times: counts.times[habit as usize],
            sum: counts.sums[habit as usize],
            occasions: counts.occasions(habit),
            score,
        };
        self.tell(scene, desk, employee, habit, &excess);
    }

    fn tell(&mut self, scene: &Scene<'_>, desk: &mut Desk<'_>, employee: i64, habit: Habit, excess: &Excess) {
        let norm = self.norm(habit, scene.thresholds.least_peers);
        let Some(clerk) = self.clerks.get_mut(&employee) else {
            return;
        };
        let told = &mut clerk.told[habit as usize];
        if excess.scope == Scope::Lately
            && let Some((day, times)) = *told
            && f64::from(scene.day.saturating_sub(day)) < scene.thresholds.again_days
            && excess.times < 2.0 * times
        {
            return;
        }
        let key = match excess.scope {
            Scope::Day => format!("{employee}|{}", scene.day),
            Scope::Lately => format!("{employee}|until {}", scene.day),
        };
        if !desk.told.is_news(habit.rule(), &key, excess.times) {
            return;
        }
        *told = Some((scene.day, excess.times));
        let finding = words::finding(scene, desk.evidence, (employee, habit), excess, &norm, key);
        desk.tell(finding);
    }

    /// What chance does to a sum: of counts 1, of shares less, of discounts their usual size.
    fn size(&self, habit: Habit, rate: f64) -> f64 {
        match habit {
            Habit::Discounts if self.discounts.0 > 0.0 => self.discounts.1 / self.discounts.0,
            Habit::Discounts => 0.1,
            _ if habit.is_share() => (1.0 - rate).max(0.05),
            _ => 1.0,
        }
    }

    fn norm(&self, habit: Habit, least_peers: f64) -> Norm {
        let known = self.norms.map(|norms| norms[habit as usize]);
        #[expect(clippy::cast_precision_loss, reason = "at most 10,000")]
        let known = known.filter(|norm| norm.peers as f64 >= least_peers);
        known.unwrap_or_else(|| {
            let (rate, sigma) = habit.prior();
            Norm {
                rate,
                median: rate,
                sigma,
                peers: 0,
            }
        })
    }

    /// Compares all with all, now and then.
    fn refresh(&mut self, scene: &Scene<'_>) {
        self.counted += 1;
        if self.counted < REFRESHED_EVERY {
            return;
        }
        self.counted = 0;
        let all = self.clerks.iter().map(|(_, clerk)| clerk.past.plus(&clerk.today));
        let scored: Vec<Counts> = all
            .filter(|counts| counts.sales >= scene.thresholds.least_transactions)
            .collect();
        self.norms = Some(Habit::ALL.map(|habit| norm_of(&scored, habit)));
        // The size of a discount moves with the chain as well.
        if self.discounts.0 > 1_000.0 {
            self.discounts = (self.discounts.0 / 2.0, self.discounts.1 / 2.0);
        }
    }
}

/// What is usual among those.
fn norm_of(scored: &[Counts], habit: Habit) -> Norm {
    let at = habit as usize;
    let with_rates = scored.iter().filter(|counts| counts.occasions(habit) > 0.0);
    let mut rates: Vec<(f64, f64, f64)> = with_rates
        .map(|counts| {
            let occasions = counts.occasions(habit);
            (counts.sums[at] / occasions, counts.sums[at], occasions)
        })
        .collect();
    rates.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.2.total_cmp(&b.2)));
    let most = rates.len() - rates.len().div_ceil(TRIMMED).min(rates.len());
    let (sum, occasions) = rates[..most]
        .iter()
        .fold((0.0, 0.0), |(sum, all), (_, of, n)| (sum + of, all + n));
    let mut values: Vec<f64> = rates.iter().map(|(rate, ..)| *rate).collect();
    let usual = Usual::of(&mut values).unwrap_or_default();
    // The median of a rare habit is nought, and yet it is nobody's crime.
    let mean = if occasions > 0.0 { sum / occasions } else { 0.0 };
    Norm {
        rate: usual.median.max(mean),
        median: usual.median,
        sigma: usual.sigma,
        peers: usual.count,
    }
}
