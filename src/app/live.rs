//! F3: all outlets as they sell. What is counted comes whole and sorted from those who count (`domain::supervision`); here
//! is what somebody looks at: the pane, the highlight, the filter, what is held, and the alerts.
mod alerts;
mod keys;
mod news;
pub(super) mod noting;
mod pane;
mod stream;
pub(super) mod when;

use std::sync::Arc;

pub use self::alerts::{Alerts, Front, MOST_ALERTS};
pub(super) use self::keys::{insert, restore, update};
pub use self::news::{LiveFrom, LiveNews, LiveScope, LiveState};
pub use self::noting::Noting;
pub use self::pane::{Cursor, Pane, Table};
pub use self::stream::{Filter, MOST_ROWS, Stream};
use super::effect::{Effect, Effects};
use super::model::{Model, Screen};
use super::text::Line;
use crate::domain::supervision::overview::{HourLine, OutletLine, TotalLine};
use crate::domain::supervision::{Alert, LiveFilter, Overview, Severity};

/// The live screen.
#[derive(Debug, Clone, Default)]
pub struct Live {
    /// The number of the feed that is followed; news of an older one is dropped.
    pub feed: u64,
    /// Where it began.
    pub from: LiveFrom,
    /// Which part.
    pub scope: LiveScope,
    /// How it stands; none before it said anything.
    pub state: Option<LiveState>,
    /// The pane that has the keys.
    pub pane: Pane,
    /// Which totals are shown.
    pub table: Table,
    /// All figures, as they were last told.
    pub overview: Arc<Overview>,
    /// The figures of the tables while the view is held; the head goes on.
    pub held: Option<Arc<Overview>>,
    /// The region whose outlets alone are listed.
    pub region: Option<String>,
    /// The highlighted outlet.
    pub outlet: Cursor<i64>,
    /// The highlighted line of the totals.
    pub total: Cursor<(i64, String)>,
    /// The events.
    pub stream: Stream,
    /// A filter for them, being typed.
    pub typing: Option<Line>,
    /// The alerts.
    pub alerts: Alerts,
}

impl Live {
    /// The figures of the tables: held, or as they come.
    pub fn shown(&self) -> &Overview {
        self.held.as_ref().unwrap_or(&self.overview)
    }

    /// The outlets that are listed.
    pub fn outlets(&self) -> Vec<&OutletLine> {
        let region = self.region.as_ref();
        let outlets = self.shown().outlets.iter();
        outlets
            .filter(|line| region.is_none_or(|region| line.region == *region))
            .collect()
    }

    /// Which of the listed outlets is highlighted.
    pub fn outlet_at(&self, outlets: &[&OutletLine]) -> usize {
        self.outlet.position(outlets.iter().map(|line| line.id))
    }

    /// The totals that are shown, where they are of rows of a dimension or of regions.
    pub fn totals(&self) -> &[TotalLine] {
        let shown = self.shown();
        match self.table {
            Table::Drugs => &shown.drugs,
            Table::Employees => &shown.employees,
            Table::Doctors => &shown.doctors,
            Table::Regions => &shown.regions,
            Table::Hours | Table::Days => &[],
        }
    }

    /// The hours from the first to the last in which anything was sold, today or a week ago.
    pub fn hours(&self) -> &[HourLine] {
        let hours = &self.shown().hours;
        let is_busy = |line: &HourLine| line.sales > 0 || line.week_ago.is_some_and(|money| !money.is_zero());
        let ends = (hours.iter().position(is_busy), hours.iter().rposition(is_busy));
        match ends {
            (Some(first), Some(last)) => &hours[first..=last],
            _ => &[],
        }
    }

    /// By what each line of the totals is told from the others.
    fn total_keys(&self) -> Vec<(i64, String)> {
        match self.table {
            Table::Hours => self
                .hours()
                .iter()
                .map(|line| (line.hour.into(), String::new()))
                .collect(),
            Table::Days => self
                .shown()
                .days
                .iter()
                .map(|line| (0, line.date.to_string()))
                .collect(),
            _ => {
                let name = |line: &TotalLine| if line.id == 0 { line.name.clone() } else { String::new() };
                self.totals().iter().map(|line| (line.id, name(line))).collect()
            }
        }
    }

    /// How many lines the totals have.
    pub fn total_lines(&self) -> usize {
        match self.table {
            Table::Hours => self.hours().len(),
            Table::Days => self.shown().days.len(),
            _ => self.totals().len(),
        }
    }

    /// Which line of the totals is highlighted.
    pub fn total_at(&self) -> usize {
        self.total.position(self.total_keys().into_iter())
    }

    /// Whether the view is held.
    pub fn is_held(&self) -> bool {
        self.held.is_some() || self.stream.newer().is_some()
    }
}

/// Begins to follow, from `from` and as far as `scope`; what was counted so far is forgotten. Which events are shown, and
/// what was said of alerts, is not.
pub(super) fn follow(model: &mut Model, from: LiveFrom, scope: LiveScope) -> Effects {
    let midnight = model.midnight();
    let live = &mut model.live;
    live.feed += 1;
    if live.scope != scope {
        live.alerts.forget();
        live.region = None;
    }
    (live.from, live.scope) = (from, scope);
    live.state = None;
    live.overview = Arc::default();
    live.held = None;
    live.stream.forget();
    let effects = Effects::from(Effect::Follow {
        feed: live.feed,
        from,
        midnight,
        outlet: model
            .outlet
            .as_ref()
            .map(|outlet| outlet.id)
            .filter(|_| scope == LiveScope::Own),
    });
    let Filter { number, wanted, .. } = &model.live.stream.filter;
    match number {
        0 => effects,
        number => effects.and(Effect::FilterLive {
            number: *number,
            filter: Box::new(wanted.clone()),
        }),
    }
}

/// Other events are wanted from now on.
fn want(model: &mut Model, wanted: LiveFilter, words: String, behind: Option<Pane>) -> Effects {
    let stream = &mut model.live.stream;
    stream.forget();
    stream.is_asked = true;
    stream.filter = Filter {
        number: stream.filter.number + 1,
        wanted: wanted.clone(),
        words,
        behind,
    };
    Effect::FilterLive {
        number: stream.filter.number,
        filter: Box::new(wanted),
    }
    .into()
}

/// News of a feed.
pub(super) fn news(model: &mut Model, feed: u64, news: LiveNews) -> Effects {
    if feed != model.live.feed {
        return Effects::none();
    }
    let live = &mut model.live;
    match news {
        LiveNews::State(state) => live.state = Some(state),
        LiveNews::Overview(overview) => live.overview = overview,
        LiveNews::Rows { filter, rows, skipped } if filter == live.stream.filter.number => {
            live.stream.push(rows, skipped);
        }
        LiveNews::Found { filter, rows, of } if filter == live.stream.filter.number => {
            live.stream.found(rows, of);
            if live.held.is_some() {
                live.stream.hold();
            }
        }
        // Of a filter before.
        LiveNews::Rows { .. } | LiveNews::Found { .. } => {}
        LiveNews::Alerts(alerts) => return alerted(model, alerts),
    }
    Effects::none()
}

/// Alerts came. While older records are read they are found, not happening: the tab alone tells them.
fn alerted(model: &mut Model, alerts: Vec<Arc<Alert>>) -> Effects {
    let new: Vec<_> = alerts
        .into_iter()
        .filter(|alert| model.live.alerts.take(Arc::clone(alert)))
        .filter(|alert| alert.severity >= Severity::Warn)
        .collect();
    let is_live = model.live.state == Some(LiveState::Live);
    let Some(worst) = new.iter().max_by_key(|alert| alert.severity).filter(|_| is_live) else {
        return Effects::none();
    };
    // What somebody is being told stays: the tab counts alerts on every screen.
    if model.notice.is_none() {
        let who = about(worst);
        let more = match new.len() {
            1 => String::new(),
            several => format!(" ({} more)", several - 1),
        };
        let words = format!("{who}{}{more}", worst.headline);
        if worst.severity == Severity::Bad {
            model.refuse(words);
        } else {
            model.warn(words);
        }
    }
    if model.settings.alert_sound {
        return Effect::Ring.into();
    }
    Effects::none()
}

/// Who or where, before what was found.
fn about(alert: &Alert) -> String {
    let subject = &alert.subject;
    let who = subject.employee.as_ref().or(subject.doctor.as_ref());
    let outlet = subject.outlet.as_ref();
    match (who, outlet) {
        (Some((_, who)), Some((_, outlet))) => format!("{who} @ {outlet}: "),
        (Some((_, one)), None) | (None, Some((_, one))) => format!("{one}: "),
        (None, None) => String::new(),
    }
}

impl Model {
    /// One step back from a screen that is at its first: the till sells, a supervisor watches, a viewer stays.
    pub(super) fn go_home(&mut self) {
        self.screen = match &self.role {
            super::Role::Till => Screen::Sale,
            super::Role::Supervisor { .. } => Screen::Live,
            super::Role::Viewer(_) => self.screen,
        };
    }
}
