//! What is said of a habit.
use jiff::{SignedDuration, Timestamp};

use super::Habit;
use crate::domain::supervision::rules::evidence::Evidence;
use crate::domain::supervision::rules::rates::{Excess, Norm, Scope};
use crate::domain::supervision::rules::scene::{Scene, lasting};
use crate::domain::supervision::rules::told::Finding;
use crate::domain::supervision::{StreamRow, Subject};

/// A score of so many times the limit is one step worse.
const FAR_BEYOND: f64 = 2.0;

pub(super) fn finding(
    scene: &Scene<'_>,
    evidence: &Evidence,
    (employee, habit): (i64, Habit),
    excess: &Excess,
) -> Finding {
    let rule = habit.rule();
    let (since, key) = match excess.scope {
        Scope::Day => (
            scene.at - SignedDuration::from_hours(20),
            format!("{employee}|{}", scene.day),
        ),
        Scope::Lately => (Timestamp::MIN, format!("{employee}|{}", scene.day)),
    };
    let rows = evidence.since((rule, employee), since);
    let limit = habit.measure(scene.thresholds).limit;
    let severity = if excess.score >= FAR_BEYOND * limit {
        rule.severity().raised()
    } else {
        rule.severity()
    };
    Finding {
        rule,
        key,
        size: excess.times,
        severity,
        at: scene.at,
        subject: Subject {
            drug: None,
            doctor: None,
            till: None,
            ..scene.subject()
        },
        headline: headline(habit, excess, &rows),
        figures: figures(habit, excess, limit),
        evidence: rows,
    }
}

fn headline(habit: Habit, excess: &Excess, rows: &[StreamRow]) -> String {
    let norm = &excess.norm;
    let (one, several) = habit.nouns();
    let noun = if excess.times < 1.5 { one } else { several };
    let times = excess.times.round();
    if habit.is_share() || habit == Habit::Discounts {
        let what = match habit {
            Habit::Discounts => "mean discount",
            Habit::RoundNumbers => "round amounts",
            _ => "paid in cash",
        };
        return format!(
            "{what} {} of {} sales, peers {}",
            percent(excess.sum / excess.occasions.max(1.0)),
            excess.occasions.round(),
            percents(norm)
        );
    }
    if excess.scope == Scope::Lately {
        let rate = excess.sum / excess.occasions.max(1.0);
        return format!("{several}: {} of sales lately, peers {}", percent(rate), percents(norm));
    }
    let span = match (rows.first(), rows.last()) {
        (Some(first), Some(last)) if rows.len() > 1 => format!("in {}", lasting(last.at.duration_since(first.at))),
        _ => String::from("today"),
    };
    let occasions = excess.occasions.max(1.0);
    let least = (occasions * (norm.median - norm.sigma).max(0.0)).floor();
    let most = (occasions * (norm.rate + norm.sigma)).ceil();
    format!("{times} {noun} {span}, peers {least}–{most}")
}

fn figures(habit: Habit, excess: &Excess, limit: f64) -> Vec<String> {
    let norm = &excess.norm;
    let own = excess.sum / excess.occasions.max(1.0);
    let when = match excess.scope {
        Scope::Day => "today",
        Scope::Lately => "lately, older days counting less",
    };
    let occasions = excess.occasions.round();
    let of = if habit == Habit::CashShare {
        "sales whose payment is known"
    } else {
        "sales"
    };
    let peers = if norm.peers == 0 {
        format!("too few peers to compare with: usual is {}", percents(norm))
    } else {
        format!(
            "{} peers: median {}, deviation (1.4826 × MAD) {}",
            norm.peers,
            percent(norm.median),
            percent(norm.sigma)
        )
    };
    vec![
        format!("own: {} of {occasions} {of} {when}", percent(own)),
        peers,
        format!("score {:.1}, told from {limit}", excess.score),
    ]
}

fn percent(rate: f64) -> String {
    let percent = rate * 100.0;
    if percent < 10.0 {
        format!("{percent:.1}%")
    } else {
        format!("{percent:.0}%")
    }
}

fn percents(norm: &Norm) -> String {
    let least = percent((norm.median - norm.sigma).max(0.0));
    format!("{}–{}", least.trim_end_matches('%'), percent(norm.rate + norm.sigma))
}
