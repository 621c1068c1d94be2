//! Scenarios: a plausible chain at work, with labelled frauds and mistakes mixed in, all by chance from a seed. The rules of
//! supervision are measured on them (`benches/alerts.rs`), and `rxtill simulate` plays them through real tills.
//!
//! * `world.rs`, `made_up.rs`, `of_catalogue.rs`, `week.rs`: who and what there is, of a catalogue or made up, and when outlets are open.
//! * `clerks.rs`: who works when, and what they are like.
//! * `ordinary.rs`, `basket.rs`: what honest people do, slips and all.
//! * `plan.rs`, `deeds.rs`: which frauds and mistakes happen, and what is done in them.
//! * `act.rs`: what comes out: sales and notes as tills would have them, with labels.
//! * `stream.rs`: the same as events on their way to a reader.
//! * `reader.rs`, `score.rs`: what a judge says of them, and which alerts are right.
mod act;
mod basket;
mod clerks;
mod deeds;
mod dice;
mod made_up;
mod of_catalogue;
mod ordinary;
mod plan;
pub mod reader;
pub mod score;
pub mod stream;
mod week;
mod world;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

pub use self::act::{Act, Doing, Label, Paid, Sold, SoldLine, noted};
use self::clerks::{Habits, Rota};
use self::dice::Dice;
pub use self::made_up::Size;
pub use self::of_catalogue::{Lacking, Stands};
pub use self::plan::{Incident, NoScenario, Pace, Theme, is_in_transport, name_of};
use self::plan::{Moment, Planner};
pub use self::week::Week;
use self::world::Shelves;
pub use self::world::{Clerk, Counter, Place, Prescriber, Tender, Ware, World};
use crate::domain::supervision::RuleName;

/// Seconds of a steady scenario that are made at once.
const STRETCH: u32 = 10;
/// Sales of an outlet that something may come back of.
const REMEMBERED: usize = 300;

/// What a scenario is made by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setting {
    /// What it is about.
    pub theme: Theme,
    /// Of chance.
    pub seed: u64,
    /// Told from other runs of the same seed: ids of sales are of this run.
    pub run: Uuid,
    /// When it begins.
    pub start: Timestamp,
    /// How time goes.
    pub pace: Pace,
    /// Whether there may be what no honest till does ([`is_in_transport`]).
    pub transport: bool,
}

/// A chain at work: its acts in the order of time.
#[derive(Debug)]
pub struct Scenario {
    world: Arc<World>,
    shelves: Shelves,
    rota: Rota,
    habits: Vec<Habits>,
    dice: Dice,
    ids: Dice,
    setting: Setting,
    incidents: Arc<[Incident]>,
    /// Moments of incidents that are still to come, the next one last: incident, moment.
    due: Vec<(usize, Moment)>,
    /// The next day, or stretch of seconds, to be made.
    next: u32,
    /// Made, but not all before them is.
    made: Vec<Act>,
    ready: VecDeque<Act>,
    /// The last sales of each outlet: when, by whom, what.
    recent: Vec<VecDeque<(Timestamp, usize, Sold)>>,
    /// The basket that an incident is about.
    baskets: HashMap<u32, Sold>,
}

impl Scenario {
    /// Of a chain. Nothing happens without tills, staff and goods.
    pub fn new(world: Arc<World>, setting: Setting) -> Self {
        let mut dice = Dice::new(setting.seed);
        let (high, low) = setting.run.as_u64_pair();
        let ids = Dice::new(setting.seed.rotate_left(17) ^ high ^ low.rotate_left(31));
        let shelves = world.shelves();
        let rota = match setting.pace {
            Pace::Calendar { .. } => Rota::Shifts(setting.start),
            Pace::Steady { .. } => Rota::Always,
        };
        let mut usual_cash = dice.fork();
        let habits = habits(&world, &mut usual_cash);
        let mut rules = setting.theme.rules();
        rules.retain(|rule| setting.transport || !is_in_transport(*rule));
        let planner = Planner {
            world: &world,
            shelves: &shelves,
            rota,
            dice: dice.fork(),
            start: setting.start,
            taken: Vec::new(),
            planned: Vec::new(),
        };
        let incidents: Arc<[Incident]> = planner.plan(&rules, setting.pace).into();
        let moments = incidents.iter().enumerate();
        let mut due: Vec<(usize, Moment)> = moments
            .flat_map(|(number, incident)| incident.moments.iter().map(move |moment| (number, *moment)))
            .collect();
        due.sort_by_key(|(_, moment)| std::cmp::Reverse(moment.at));
        Self {
            recent: vec![VecDeque::new(); world.outlets.len()],
            world,
            shelves,
            rota,
            habits,
            dice,
            ids,
            setting,
            incidents,
            due,
            next: 0,
            made: Vec::new(),
            ready: VecDeque::new(),
            baskets: HashMap::new(),
        }
    }

    /// Who and what there is.
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// The frauds and mistakes in it.
    pub fn incidents(&self) -> &Arc<[Incident]> {
        &self.incidents
    }

    /// When it begins.
    pub fn start(&self) -> Timestamp {
        self.setting.start
    }

    /// Makes the next day or stretch. Whether there was one.
    fn go_on(&mut self) -> bool {
        let is_bare = self.world.tills.is_empty() || self.world.clerks.is_empty() || self.world.wares.is_empty();
        let until = match self.setting.pace {
            Pace::Calendar { days } if self.next < days => self.day_end(self.next),
            Pace::Steady { seconds, .. } if self.next * STRETCH < seconds => {
                let end = ((self.next + 1) * STRETCH).min(seconds);
                Some(self.setting.start + SignedDuration::from_secs(i64::from(end)))
            }
            _ => None,
        };
        let Some(until) = until.filter(|_| !is_bare) else {
            self.made.sort_by_key(|act| act.at);
            let over = self.over();
            self.ready
                .extend(self.made.drain(..).filter(|act| over.is_none_or(|over| act.at <= over)));
            return false;
        };
        self.ordinary(until);
        self.deeds(until);
        self.hush();
        self.next += 1;
        self.made.sort_by_key(|act| act.at);
        let rest = self.made.partition_point(|act| act.at < until);
        self.ready.extend(self.made.drain(..rest));
        true
    }

    /// When a scenario of seconds is over, whatever would have come afterwards.
    fn over(&self) -> Option<Timestamp> {
        let Pace::Steady { seconds, .. } = self.setting.pace else {
            return None;
        };
        Some(self.setting.start + SignedDuration::from_secs(i64::from(seconds)))
    }

    /// When a day is over at the first outlet where it is.
    fn day_end(&self, day: u32) -> Option<Timestamp> {
        let ends = self.world.outlets.iter().filter_map(|place| {
            let next = clerks::date_of(place, self.setting.start, day + 1)?;
            week::moment(next, 0, &place.zone)
        });
        ends.min()
    }

    /// Takes out what an outlet that is silent would have done.
    fn hush(&mut self) {
        let silent = self
            .incidents
            .iter()
            .filter(|incident| incident.label.rule == RuleName::OutletSilent);
        for incident in silent {
            let (tills, window) = (&self.world.tills, incident.from..incident.until);
            self.made
                .retain(|act| Some(tills[act.till].outlet) != incident.outlet || !window.contains(&act.at));
        }
    }
}

impl Iterator for Scenario {
    type Item = Act;

    fn next(&mut self) -> Option<Act> {
        loop {
            if let Some(act) = self.ready.pop_front() {
                return Some(act);
            }
            if !self.go_on() {
                return self.ready.pop_front();
            }
        }
    }
}

/// What each clerk is like; how much is paid in cash depends on the outlet.
fn habits(world: &World, dice: &mut Dice) -> Vec<Habits> {
    let mut cash = vec![0.45; world.clerks.len()];
    for place in &world.outlets {
        let here = dice.between(0.35, 0.6);
        for clerk in &place.clerks {
            cash[*clerk] = here;
        }
    }
    cash.into_iter().map(|cash| Habits::of(dice, cash)).collect()
}

#[cfg(test)]
mod tests;
