//! How often something is done on each occasion, by one of many who do the same: today, and over the last two weeks or so,
//! beside what is usual among them.
//!
//! One statistic for all who are compared: the modified z-score of [`peers::score`] against the median of the peers' rates
//! and their median absolute deviation. What is older counts less by the day, so that the measure moves with the chain.
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::bounded::Bounded;
use super::peers::{self, Usual};
use crate::domain::supervision::Thresholds;

/// After so many counts the peers are compared anew.
const REFRESHED_EVERY: u32 = 500;
/// Of the peers' rates, one in so many, the highest, are left out of their mean: those who do the thing too much.
const TRIMMED: usize = 10;
/// A day with fewer occasions is scored as if it had had these.
const QUIET_DAY: f64 = 5.0;
/// Those without a place are not compared by place.
pub(crate) const NO_GROUP: i64 = 0;
/// So many at one place are compared with each other first.
const LEAST_GROUP: usize = 3;
/// What has grown so many times is told again.
const GROWN: f64 = 2.0;

/// A figure for each of several measures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Each<const N: usize>(pub [f64; N]);

impl<const N: usize> Default for Each<N> {
    fn default() -> Self {
        Self([0.0; N])
    }
}

impl<const N: usize> Each<N> {
    fn scaled(&self, by: f64) -> Self {
        Self(self.0.map(|value| value * by))
    }

    fn plus(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }
}

impl<const N: usize> Serialize for Each<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Each<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = Vec::<f64>::deserialize(deserializer)?;
        let length = values.len();
        let values = values.try_into();
        values
            .map(Self)
            .map_err(|_| de::Error::invalid_length(length, &"another number of measures"))
    }
}

/// What was counted.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Counts<const N: usize> {
    /// Of how many each is a part.
    pub occasions: Each<N>,
    /// How often.
    pub times: Each<N>,
    /// How much; as `times` where each time is one.
    pub sums: Each<N>,
}

impl<const N: usize> Counts<N> {
    fn scaled(&self, by: f64) -> Self {
        Self {
            occasions: self.occasions.scaled(by),
            times: self.times.scaled(by),
            sums: self.sums.scaled(by),
        }
    }

    fn plus(&self, other: &Self) -> Self {
        Self {
            occasions: self.occasions.plus(&other.occasions),
            times: self.times.plus(&other.times),
            sums: self.sums.plus(&other.sums),
        }
    }

    /// Adds one time of that size.
    pub fn add(&mut self, measure: usize, size: f64) {
        self.times.0[measure] += 1.0;
        self.sums.0[measure] += size;
    }
}

/// One of those who are compared.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Doer<const N: usize> {
    /// Where they were last.
    group: i64,
    /// The latest day seen.
    day: i32,
    today: Counts<N>,
    /// All days before it, each counting less than the one after it.
    past: Counts<N>,
    /// The day on which each measure was last told of, and how often it had been done by then; 0: never.
    told_on: Each<N>,
    told: Each<N>,
}

/// What is usual.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Norm {
    /// The median, or the mean without the highest where that is more: the median of a rare thing is nought, and yet it is
    /// nobody's crime.
    pub rate: f64,
    pub median: f64,
    /// 1.4826 × the median absolute deviation.
    pub sigma: f64,
    /// None: too few to compare with, and what is usual elsewhere stands in.
    pub peers: usize,
}

/// How something is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measure {
    /// Which of them.
    pub at: usize,
    /// The score from which it is told.
    pub limit: f64,
    /// Told from so many times.
    pub least: f64,
    /// Whether it is a part of all occasions, so that more than all cannot be.
    pub is_share: bool,
    /// Whether too little is told as well.
    pub is_two_sided: bool,
    /// Rate and deviation that are usual where there are too few peers.
    pub prior: (f64, f64),
    /// How large it is at a time, where nothing has been seen yet.
    pub size: f64,
}

/// Over which time something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Day,
    Lately,
}

/// What is beyond the usual.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Excess {
    pub scope: Scope,
    pub times: f64,
    pub sum: f64,
    pub occasions: f64,
    pub score: f64,
    pub norm: Norm,
}

/// All who are compared with each other, at most `MOST`, by `N` measures.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Rates<const N: usize, const MOST: usize> {
    doers: Bounded<i64, Doer<N>, MOST>,
    norms: Vec<Norm>,
    /// Rates of the groups with enough in them, and how far those in them lie apart from their own.
    groups: BTreeMap<i64, Each<N>>,
    within: Each<N>,
    counted: u32,
    /// Of everybody: sums, and sums of squares.
    sizes: (Each<N>, Each<N>),
}

impl<const N: usize, const MOST: usize> Rates<N, MOST> {
    /// The counts of somebody's day at a place, to be added to.
    pub fn of(&mut self, (who, group): (i64, i64), day: i32, thresholds: &Thresholds) -> &mut Counts<N> {
        self.counted += 1;
        // The more there are, the rarer: comparing all costs each event the same.
        if self.counted >= REFRESHED_EVERY && self.counted as usize >= self.doers.len() {
            self.refresh(thresholds.least_transactions);
        }
        let doer = self.doers.entry(who);
        doer.group = group;
        if day > doer.day {
            let days = f64::from(day.saturating_sub(doer.day));
            let kept = 0.5_f64.powf(days / thresholds.half_life_days);
            doer.past = doer.past.plus(&doer.today).scaled(kept);
            doer.today = Counts::default();
            doer.day = day;
        }
        // What comes late is of a day that is over.
        if day < doer.day {
            &mut doer.past
        } else {
            &mut doer.today
        }
    }

    /// Learns how large it is at a time.
    pub fn sized(&mut self, measure: usize, size: f64) {
        self.sizes.0.0[measure] += size;
        self.sizes.1.0[measure] += size * size;
    }

    /// How far somebody is beyond the usual, where nothing else counts: the higher of today's score and the longer one.
    /// None with too few occasions to be scored at all.
    pub fn score(&self, who: i64, measure: &Measure, thresholds: &Thresholds) -> Option<f64> {
        let doer = self.doers.get(&who)?;
        let all = doer.past.plus(&doer.today);
        (all.occasions.0[measure.at] >= thresholds.least_transactions).then(|| {
            let (norm, size) = self.usual(measure, doer.group, thresholds);
            let today = score_of(&doer.today, measure, &norm, size, QUIET_DAY);
            today.max(score_of(&all, measure, &norm, size, 0.0))
        })
    }

    /// Whether somebody is so far beyond the usual that it is to be told, and has not been lately.
    pub fn excess(&mut self, who: i64, day: i32, measure: &Measure, thresholds: &Thresholds) -> Option<Excess> {
        let group = self.doers.get(&who)?.group;
        let (norm, size) = self.usual(measure, group, thresholds);
        let at = measure.at;
        let doer = self.doers.get_mut(&who)?;
        let all = doer.past.plus(&doer.today);
        if all.occasions.0[at] < thresholds.least_transactions {
            return None;
        }
        let is_enough = |counts: &Counts<N>| {
            counts.times.0[at] >= measure.least
                && (!measure.is_share || counts.occasions.0[at] >= thresholds.least_transactions)
        };
        let today = score_of(&doer.today, measure, &norm, size, QUIET_DAY);
        let lately = score_of(&all, measure, &norm, size, 0.0);
        let (reach, seen, measured) = if today >= measure.limit && is_enough(&doer.today) && day == doer.day {
            (Scope::Day, &doer.today, today)
        } else if lately >= measure.limit && is_enough(&all) {
            (Scope::Lately, &all, lately)
        } else {
            return None;
        };
        let excess = Excess {
            scope: reach,
            times: seen.times.0[at],
            sum: seen.sums.0[at],
            occasions: seen.occasions.0[at],
            score: measured,
            norm,
        };
        let (told_on, told) = (doer.told_on.0[at], doer.told.0[at]);
        let is_recent = told > 0.0 && f64::from(day) - told_on < thresholds.again_days;
        let is_same_day = told > 0.0 && f64::from(day) <= told_on;
        let is_grown = excess.times >= GROWN * told;
        if (reach == Scope::Lately && is_recent || is_same_day) && !is_grown {
            return None;
        }
        (doer.told_on.0[at], doer.told.0[at]) = (f64::from(day), excess.times.max(1.0));
        Some(excess)
    }

    fn usual(&self, measure: &Measure, group: i64, thresholds: &Thresholds) -> (Norm, f64) {
        let known = self.norms.get(measure.at).copied();
        // Of shares, such as cash, customers decide as well: whoever is at the same outlet has the same ones.
        let known = match self.groups.get(&group).filter(|_| measure.is_share) {
            Some(rates) => known.map(|norm| Norm {
                rate: rates.0[measure.at],
                median: rates.0[measure.at],
                sigma: self.within.0[measure.at],
                peers: norm.peers,
            }),
            None => known,
        };
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let known = known.filter(|norm| norm.peers as f64 >= thresholds.least_peers);
        let (rate, sigma) = measure.prior;
        let norm = known.unwrap_or(Norm {
            rate,
            median: rate,
            sigma,
            peers: 0,
        });
        let (sum, squares) = (self.sizes.0.0[measure.at], self.sizes.1.0[measure.at]);
        let size = if measure.is_share {
            // What chance does to a part of all is less, the more of all it is.
            (1.0 - norm.rate).max(0.05)
        } else if sum > 0.0 {
            // However little each is: a chain without any makes no outlier of a hundredth.
            (squares / sum).max(measure.size / 5.0)
        } else {
            measure.size
        };
        (norm, size)
    }

    /// Compares those at one place with each other.
    fn compare_groups(&mut self, least: f64) {
        let mut groups: BTreeMap<i64, Vec<(i64, Counts<N>)>> = BTreeMap::new();
        for (who, doer) in self.doers.iter() {
            groups
                .entry(doer.group)
                .or_default()
                .push((*who, doer.past.plus(&doer.today)));
        }
        self.groups.clear();
        let mut apart = vec![Vec::new(); N];
        for (group, mut those) in groups {
            // In an order that does not depend on how they are kept.
            those.sort_unstable_by_key(|(who, _)| *who);
            let mut rates = Each::default();
            let mut is_enough = true;
            for (at, apart) in apart.iter_mut().enumerate() {
                let scored = those.iter().filter(|(_, counts)| counts.occasions.0[at] >= least);
                let own: Vec<f64> = scored
                    .map(|(_, counts)| counts.sums.0[at] / counts.occasions.0[at])
                    .collect();
                is_enough &= own.len() >= LEAST_GROUP;
                if let Some(median) = peers::median(&mut own.clone()) {
                    rates.0[at] = median;
                    apart.extend(own.iter().map(|rate| rate - median));
                }
            }
            if is_enough {
                self.groups.insert(group, rates);
            }
        }
        self.within = Each(std::array::from_fn(|at| {
            Usual::of(&mut apart[at]).map_or(0.0, |usual| usual.sigma)
        }));
    }

    /// Compares all with all, now and then.
    fn refresh(&mut self, least: f64) {
        self.counted = 0;
        let all: Vec<Counts<N>> = self.doers.iter().map(|(_, doer)| doer.past.plus(&doer.today)).collect();
        self.norms = (0..N).map(|at| norm_of(&all, at, least)).collect();
        self.compare_groups(least);
        // Sizes move with the chain as well.
        let half = |sums: Each<N>| Each(sums.0.map(|sum| if sum > 10_000.0 { sum / 2.0 } else { sum }));
        if self.sizes.0.0.iter().any(|sum| *sum > 10_000.0) {
            self.sizes = (
                half(self.sizes.0),
                Each(std::array::from_fn(|i| {
                    let squares = self.sizes.1.0[i];
                    if self.sizes.0.0[i] > 10_000.0 {
                        squares / 2.0
                    } else {
                        squares
                    }
                })),
            );
        }
    }
}

fn score_of<const N: usize>(counts: &Counts<N>, measure: &Measure, norm: &Norm, size: f64, quiet: f64) -> f64 {
    let at = measure.at;
    let occasions = counts.occasions.0[at].max(quiet);
    let score = peers::score(counts.sums.0[at], occasions, norm.rate, norm.sigma, size);
    // A day of few occasions says nothing of too little.
    if measure.is_two_sided { score.abs() } else { score }
}

/// What is usual among those with enough occasions.
fn norm_of<const N: usize>(all: &[Counts<N>], at: usize, least: f64) -> Norm {
    let scored = all.iter().filter(|counts| counts.occasions.0[at] >= least);
    let mut rates: Vec<(f64, f64, f64)> = scored
        .map(|counts| {
            let (sum, occasions) = (counts.sums.0[at], counts.occasions.0[at]);
            (sum / occasions, sum, occasions)
        })
        .collect();
    // In an order that does not depend on how they are kept.
    rates.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.2.total_cmp(&b.2)));
    let most = rates.len() - rates.len().div_ceil(TRIMMED).min(rates.len());
    let add = |(sum, all): (f64, f64), (_, of, n): &(f64, f64, f64)| (sum + of, all + n);
    let (sum, occasions) = rates[..most].iter().fold((0.0, 0.0), add);
    let mean = if occasions > 0.0 { sum / occasions } else { 0.0 };
    let mut values: Vec<f64> = rates.iter().map(|(rate, ..)| *rate).collect();
    let usual = Usual::of(&mut values).unwrap_or_default();
    Norm {
        rate: usual.median.max(mean),
        median: usual.median,
        sigma: usual.sigma,
        peers: usual.count,
    }
}
