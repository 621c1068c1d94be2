//! What a run was asked for: in its folder before its first sale, so that it can go on after it was killed (PATH 5.7).
//!
//! The same course over the same catalogue gives the same acts with the same ids. Whatever was answered is not done again; a
//! sale that was on its way is sold again under its id, which the till knows or does not.
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::answers;
use crate::domain::scenario::{Act, Doing, NoScenario, Pace, Scenario, Setting};

/// The file in the folder of a run.
const FILE: &str = "course.json";

/// What a run was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Course {
    /// The name of the scenario.
    pub scenario: String,
    /// Of chance.
    pub seed: u64,
    /// Told from other runs of the same seed.
    pub run: Uuid,
    /// When it began, and as of when the catalogue was looked at.
    pub start: Timestamp,
    /// Sales a second.
    pub rate: f64,
    /// For how long.
    pub seconds: u32,
    /// How many tills.
    pub tills: u32,
    /// The number of the first.
    pub first: u32,
    /// In how many outlets; none: in all.
    pub outlets: Option<usize>,
    /// In this one alone, by its name or id.
    pub outlet: Option<String>,
}

impl Course {
    /// Keeps it in the folder of its run; it is there when this returns.
    ///
    /// # Errors
    /// When another run has the folder, or it cannot be written.
    pub fn keep(&self, folder: &Path) -> io::Result<()> {
        let mut file = File::create_new(folder.join(FILE))?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        file.sync_all()?;
        File::open(folder)?.sync_all()
    }

    /// That of the run in this folder.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn read(folder: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&std::fs::read(folder.join(FILE))?)?)
    }

    /// What its scenario is made by.
    ///
    /// # Errors
    /// When no scenario has that name.
    pub fn setting(&self) -> Result<Setting, NoScenario> {
        Ok(Setting {
            theme: self.scenario.parse()?,
            seed: self.seed,
            run: self.run,
            start: self.start,
            pace: Pace::Steady {
                rate: self.rate,
                seconds: self.seconds,
            },
            transport: false,
        })
    }
}

/// How far a run came before it was killed; nowhere, for one that begins.
#[derive(Debug, Default)]
pub struct Reached {
    answered: HashSet<Uuid>,
    /// When the last answered sale was due, from the beginning on.
    at: SignedDuration,
}

impl Reached {
    /// By the answers in the folder of a run. `scenario` is that of the run, from its beginning.
    ///
    /// # Errors
    /// When the answers cannot be read.
    pub fn of(folder: &Path, scenario: Scenario) -> io::Result<Self> {
        let answered: HashSet<Uuid> = answers::read(folder)?.iter().map(|answer| answer.sale_id).collect();
        let start = scenario.start();
        let mut at = SignedDuration::ZERO;
        let mut left = answered.len();
        for act in scenario {
            if left == 0 {
                break;
            }
            if let Doing::Sale(sold) = &act.doing
                && answered.contains(&sold.sale_id)
            {
                left -= 1;
                at = act.at.duration_since(start);
            }
        }
        Ok(Self { answered, at })
    }

    /// How many sales were answered.
    pub fn answered(&self) -> usize {
        self.answered.len()
    }

    /// When an act that is due so long after the beginning of its run is due from now on; none for one that was done. What is
    /// noted beside sales is not answered: of the notes until then it is not known, and they are left out.
    pub(super) fn due(&self, act: &Act, since_start: SignedDuration) -> Option<SignedDuration> {
        if since_start > self.at || self.answered.is_empty() {
            return Some(since_start - self.at);
        }
        match &act.doing {
            Doing::Sale(sold) if !self.answered.contains(&sold.sale_id) => Some(SignedDuration::ZERO),
            Doing::Sale(_) | Doing::Note(_) => None,
        }
    }
}
