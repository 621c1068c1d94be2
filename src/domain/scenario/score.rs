//! Which alerts are right, and which incidents are found.
//!
//! An incident is *found* when an alert of its own rule comes that names nobody and nothing but what took part in it, after it
//! began and at most [`IN_TIME`] after it ended.
//!
//! An alert is *right* when there is an incident in whose time, or at most [`AFTERMATH`] later, it comes, whose rule it is of, or
//! a rule that may speak up about such a thing as well ([`may_speak_up`]), and in which all that it names took part: outlet,
//! employee, prescriber, drug, till. Every other alert is *false*, whatever it is about. An alert that comes again under the
//! same id is one.
use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::plan::Incident;
use super::stream::Streamed;
use super::world::World;
use crate::domain::event::StreamEvent;
use crate::domain::supervision::{Alert, RuleName};

/// So long after its end an incident can still be found. A missing number may show with the first sale of the next day.
pub const IN_TIME: SignedDuration = SignedDuration::from_hours(16);
/// So long after its end an alert about it is no false one.
pub const AFTERMATH: SignedDuration = SignedDuration::from_hours(24);

/// The rules that may speak up about an incident besides its own.
pub fn may_speak_up(about: RuleName) -> &'static [RuleName] {
    use RuleName as R;
    match about {
        R::CancelledBaskets => &[R::RemovedLines],
        R::RemovedLines => &[R::CancelledBaskets],
        R::PriceOverrides => &[R::UnusualPrice],
        R::UnusualPrice => &[R::PriceOverrides],
        R::Discounts => &[R::PriceOverrides, R::RoundNumbers],
        R::RoundNumbers => &[R::Discounts, R::PriceOverrides, R::UnusualPrice],
        R::ReturnsWithoutReceipt | R::ReturnsSoonAfterSale => &[R::ReturnsOfOwnSales],
        R::ReturnsOfOwnSales => &[R::ReturnsSoonAfterSale],
        R::SplitSales => &[
            R::ControlledByEmployee,
            R::ControlledByPrescriber,
            R::ControlledByOutlet,
            R::SameBasketTwice,
        ],
        R::ControlledByEmployee | R::ControlledByOutlet | R::ControlledByPrescriber => &[
            R::SplitSales,
            R::ControlledByEmployee,
            R::ControlledByPrescriber,
            R::ControlledByOutlet,
            R::PrescriberProlific,
        ],
        R::PrescriberFarApart => &[R::PrescriberProlific, R::ControlledByPrescriber],
        R::PrescriberProlific => &[R::ControlledByPrescriber],
        R::SameBasketTwice => &[R::SplitSales],
        R::OutletSilent => &[R::OutletCutOff],
        R::OutletCutOff => &[R::OutletSilent],
        // What happens by a wrong clock happens at a wrong time.
        R::ClockOff => &[R::OutsideOpeningHours, R::OutletSilent, R::PrescriberFarApart],
        _ => &[],
    }
}

/// How a rule did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Incidents that it should find.
    pub incidents: u32,
    /// Those that it found.
    pub found: u32,
    /// Those about which some rule spoke up.
    pub seen: u32,
    /// Its alerts.
    pub alerts: u32,
    /// Those that are right.
    pub right: u32,
    /// For each found incident: its own events until the alert, and all events of the stream from its first one on.
    pub delays: Vec<(u32, u64)>,
}

impl Tally {
    /// Its false alerts.
    pub fn wrong(&self) -> u32 {
        self.alerts - self.right
    }

    /// The delays in the middle: its own events, all events.
    pub fn median_delay(&self) -> Option<(u32, u64)> {
        let (mut own, mut all): (Vec<_>, Vec<_>) = self.delays.iter().copied().unzip();
        own.sort_unstable();
        all.sort_unstable();
        Some((*own.get(own.len() / 2)?, *all.get(all.len() / 2)?))
    }

    /// Both together.
    pub fn add(&mut self, other: &Self) {
        self.incidents += other.incidents;
        self.found += other.found;
        self.seen += other.seen;
        self.alerts += other.alerts;
        self.right += other.right;
        self.delays.extend_from_slice(&other.delays);
    }
}

/// An incident, and who took part in it so far.
#[derive(Debug)]
struct Tracked {
    incident: Incident,
    outlets: BTreeSet<i64>,
    employees: BTreeSet<i64>,
    doctors: BTreeSet<i64>,
    drugs: BTreeSet<i64>,
    tills: BTreeSet<String>,
    own: u32,
    began: Option<u64>,
    found: Option<(u32, u64)>,
    seen: bool,
}

/// Keeps the score while a stream is judged.
#[derive(Debug)]
pub struct Score {
    incidents: Vec<Tracked>,
    alerts: BTreeMap<RuleName, (u32, u32)>,
    told: HashSet<Uuid>,
    events: u64,
    sales: u64,
}

impl Score {
    /// Of a stream with those incidents.
    pub fn new(incidents: &[Incident], world: &World) -> Self {
        Self {
            incidents: incidents.iter().map(|incident| Tracked::new(incident, world)).collect(),
            alerts: BTreeMap::new(),
            told: HashSet::new(),
            events: 0,
            sales: 0,
        }
    }

    /// An event comes; before what the judge says of it.
    pub fn see(&mut self, streamed: &Streamed) {
        self.events += 1;
        if let StreamEvent::Sale(sale) = &streamed.event
            && sale.line_no == 1
        {
            self.sales += 1;
        }
        let Some(label) = streamed.label else { return };
        let events = self.events;
        let of = self.incidents.iter_mut().find(|of| of.incident.label == label);
        if let Some(of) = of {
            of.take_part(&streamed.event, events);
        }
    }

    /// An alert comes. Gives the number of the incident that it is right about; none: it is false, or was told before.
    pub fn hear(&mut self, alert: &Alert, now: Timestamp) -> Option<u32> {
        let is_new = self.told.insert(alert.id);
        let (events, mut about) = (self.events, None);
        for of in &mut self.incidents {
            let rule = of.incident.label.rule;
            if !of.is_about(alert, now) {
                continue;
            }
            if rule == alert.rule {
                about = Some(of.incident.label.incident);
                if of.found.is_none() && now <= of.incident.until + IN_TIME {
                    of.found = Some((of.own, events - of.began.unwrap_or(events)));
                }
            } else if may_speak_up(rule).contains(&alert.rule) {
                about = about.or(Some(of.incident.label.incident));
            } else {
                continue;
            }
            of.seen = true;
        }
        if is_new {
            let (all, right) = self.alerts.entry(alert.rule).or_default();
            *all += 1;
            *right += u32::from(about.is_some());
        }
        about
    }

    /// Events so far.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Sales and returns so far.
    pub fn sales(&self) -> u64 {
        self.sales
    }

    /// How each rule did of which there was an incident or an alert.
    pub fn tallies(&self) -> BTreeMap<RuleName, Tally> {
        let mut tallies: BTreeMap<RuleName, Tally> = BTreeMap::new();
        for (rule, (alerts, right)) in &self.alerts {
            let tally = tallies.entry(*rule).or_default();
            (tally.alerts, tally.right) = (*alerts, *right);
        }
        for of in &self.incidents {
            let tally = tallies.entry(of.incident.label.rule).or_default();
            tally.incidents += 1;
            tally.found += u32::from(of.found.is_some());
            tally.seen += u32::from(of.seen);
            tally.delays.extend(of.found);
        }
        tallies
    }

    /// The incidents that were not found.
    pub fn missed(&self) -> impl Iterator<Item = &Incident> {
        let missed = self.incidents.iter().filter(|of| of.found.is_none());
        missed.map(|of| &of.incident)
    }
}

impl Tracked {
    fn new(incident: &Incident, world: &World) -> Self {
        let tills = match (incident.till, incident.outlet) {
            (Some(till), _) => till..till + 1,
            (None, Some(outlet)) if incident.clerk.is_none() => world.outlets[outlet].tills.clone(),
            _ => 0..0,
        };
        Self {
            outlets: incident
                .outlet
                .map(|outlet| world.outlets[outlet].id)
                .into_iter()
                .collect(),
            employees: incident.clerk.map(|clerk| world.clerks[clerk].id).into_iter().collect(),
            doctors: incident
                .doctor
                .map(|doctor| world.doctors[doctor].id)
                .into_iter()
                .collect(),
            drugs: BTreeSet::new(),
            tills: tills.map(|till| world.tills[till].id.to_string()).collect(),
            incident: incident.clone(),
            own: 0,
            began: None,
            found: None,
            seen: false,
        }
    }

    fn take_part(&mut self, event: &StreamEvent, number: u64) {
        self.began.get_or_insert(number);
        self.own += 1;
        match event {
            StreamEvent::Sale(sale) => {
                self.outlets.insert(sale.outlet_id);
                self.employees.insert(sale.emp_id);
                self.doctors.extend(sale.doctor.as_ref().map(|_| sale.doc_id));
                self.drugs.insert(sale.drug_id);
                self.tills.insert(sale.till_id.clone());
            }
            StreamEvent::Audit(audit) => {
                self.outlets.insert(audit.outlet_id);
                self.employees.extend(audit.emp_id);
                self.tills.insert(audit.till_id.clone());
            }
            StreamEvent::Heartbeat(_) | StreamEvent::Older(_) => {}
        }
    }

    /// Whether an alert may be about it: in its time, and it names only who took part.
    fn is_about(&self, alert: &Alert, now: Timestamp) -> bool {
        let subject = &alert.subject;
        let rows = [
            (&subject.outlet, &self.outlets),
            (&subject.employee, &self.employees),
            (&subject.doctor, &self.doctors),
            (&subject.drug, &self.drugs),
        ];
        let named = rows
            .iter()
            .filter_map(|(row, took_part)| Some(took_part.contains(&row.as_ref()?.0)))
            .chain(subject.till.as_ref().map(|till| self.tills.contains(till)));
        let named: Vec<bool> = named.collect();
        (self.incident.from..=self.incident.until + AFTERMATH).contains(&now)
            && !named.is_empty()
            && named.into_iter().all(|took_part| took_part)
    }
}
