//! What `rxtill simulate` says at the end.
use std::fmt;

use serde::Serialize;

use crate::runtime::simulate::Times;
use crate::runtime::simulate::judged::Judgement;

/// So many sales are named, of those that are not as they should be.
const MOST_NAMED: usize = 20;

/// Shares of times, in milliseconds.
#[derive(Debug, Serialize)]
pub(super) struct Shares {
    count: usize,
    p50: f64,
    p95: f64,
    p99: f64,
    max: f64,
}

impl Shares {
    pub(super) fn of(times: &mut Times) -> Self {
        let count = times.len();
        let [p50, p95, p99, max] = times.milliseconds([50, 95, 99, 100]);
        Self {
            count,
            p50,
            p95,
            p99,
            max,
        }
    }
}

impl fmt::Display for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { p50, p95, p99, max, .. } = self;
        write!(f, "p50 {p50} ms, p95 {p95}, p99 {p99}, max {max}")
    }
}

/// What is wrong with a run's sales.
#[derive(Debug, Serialize)]
pub(super) struct Wrong {
    parked: u64,
    unsent: u64,
    lost: usize,
    doubled: usize,
    /// Recorded, and not in the topic.
    unpublished: usize,
    /// The first of those that are lost, doubled or unpublished.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    named: Vec<String>,
}

impl Wrong {
    pub(super) fn new(judgement: &Judgement, unsent: u64) -> Self {
        let of = |what: &'static str, sales: &std::collections::BTreeSet<uuid::Uuid>| -> Vec<String> {
            sales.iter().map(|sale| format!("{what} {sale}")).collect()
        };
        let mut named = of("lost", &judgement.lost);
        named.extend(of("doubled", &judgement.doubled));
        named.extend(of("unpublished", &judgement.unpublished));
        named.truncate(MOST_NAMED);
        Self {
            parked: judgement.parked,
            unsent,
            lost: judgement.lost.len(),
            doubled: judgement.doubled.len(),
            unpublished: judgement.unpublished.len(),
            named,
        }
    }

    /// Whether nothing is.
    pub(super) fn is_nothing(&self) -> bool {
        self.parked + self.unsent == 0 && self.lost + self.doubled + self.unpublished == 0
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "lost {}, doubled {}, parked {}, unsent {}, unpublished {}",
            self.lost, self.doubled, self.parked, self.unsent, self.unpublished
        )?;
        self.named.iter().try_for_each(|sale| write!(f, "\n{sale}"))
    }
}

/// A run.
#[derive(Debug, Serialize)]
pub(super) struct PrintedRun {
    pub run: String,
    pub tills: usize,
    pub outlets: usize,
    pub scenario: String,
    pub seed: u64,
    /// How many sales had been answered when it went on; none: it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resumed_after: Option<usize>,
    /// Sales of the run that were answered as committed or queued, also before it was killed.
    pub answered: u64,
    /// Those of this process.
    pub sales: u64,
    pub queued: u64,
    pub notes: u64,
    pub seconds: f64,
    pub refused: u64,
    pub refused_why: Option<String>,
    pub behind_s: f64,
    #[serde(flatten)]
    pub wrong: Wrong,
    pub commit_ms: Shares,
    /// None without brokers.
    pub live_ms: Option<Shares>,
}

impl fmt::Display for PrintedRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "run {}: {} tills in {} outlets, {} (seed {}): {} sales and {} notes in {} s",
            self.run, self.tills, self.outlets, self.scenario, self.seed, self.sales, self.notes, self.seconds
        )?;
        if let Some(before) = self.resumed_after {
            writeln!(
                f,
                "it went on after {before} sales, {} were promised in all",
                self.answered
            )?;
        }
        writeln!(f, "answered: {}", self.commit_ms)?;
        if let Some(live) = &self.live_ms {
            writeln!(f, "seen in the topic: {live}, of {} sales", live.count)?;
        }
        if self.queued > 0 {
            writeln!(f, "{} of them were queued first", self.queued)?;
        }
        if let Some(why) = &self.refused_why {
            writeln!(f, "{} refused, such as: {why}", self.refused)?;
        }
        if self.behind_s >= 1.0 {
            writeln!(f, "fell behind its rate by {} s", self.behind_s)?;
        }
        write!(f, "{}", self.wrong)
    }
}

/// A run that was judged again.
#[derive(Debug, Serialize)]
pub(super) struct PrintedCheck {
    pub run: String,
    pub answered: u64,
    #[serde(flatten)]
    pub wrong: Wrong,
}

impl fmt::Display for PrintedCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "run {}: {} sales were answered: {}",
            self.run, self.answered, self.wrong
        )
    }
}
