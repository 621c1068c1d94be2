//! Scenarios played in real time (PATH 5.7).
//!
//! * `load.rs`: their events straight to the topics, without tills and without a database.
//! * `crew.rs`: simulated clerks at real tills: journal, sync, relay.
//! * `answers.rs`: what they were told, on disk before it counts.
//! * `course.rs`: what a run was asked for, and how far it came before it was killed.
//! * `watched.rs`: when the topic shows a sale.
//! * `judged.rs`: what they were told against store and topic.
pub mod answers;
pub mod course;
pub mod crew;
pub mod judged;
pub mod load;
mod watched;

use std::path::{Path, PathBuf};
use std::time::Duration;

/// The folder of a run, under the data folder of whoever simulates.
pub fn folder(data_dir: &Path, run: &str) -> PathBuf {
    data_dir.join("sim").join(run)
}

/// How long things took, each of them; told as shares of them are.
#[derive(Debug, Clone, Default)]
pub struct Times(Vec<u32>);

impl Times {
    /// Another one, kept in microseconds.
    pub fn add(&mut self, took: Duration) {
        self.0.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }

    /// All of both.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In milliseconds: what so many per cent did not exceed, for each of the shares. Of none, zero.
    pub fn milliseconds<const N: usize>(&mut self, per_cent: [usize; N]) -> [f64; N] {
        self.0.sort_unstable();
        per_cent.map(|share| {
            let place = (self.0.len() * share).div_ceil(100).max(1) - 1;
            self.0
                .get(place)
                .map_or(0.0, |took| (f64::from(*took) / 10.0).round() / 100.0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_times_are_those_that_so_many_did_not_exceed() {
        let mut times = Times::default();
        let shown = |times: [f64; 4]| times.map(|ms| format!("{ms:.0}"));
        assert_eq!(shown(times.milliseconds([50, 95, 99, 100])), ["0"; 4]);
        for took in (1..=200).rev() {
            times.add(Duration::from_millis(took));
        }
        assert_eq!(
            shown(times.milliseconds([50, 95, 99, 100])),
            ["100", "190", "198", "200"]
        );
    }
}
