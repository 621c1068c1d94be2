//! The charts: what is looked at, by the day and by the hour. One answer of the store has all of it, so that the cursor asks
//! for nothing.
use jiff::civil::Date;

use super::{changed, page::PastSource};
use crate::app::command::Command;
use crate::app::dimension::aside::{Read, moved};
use crate::app::effect::{Effect, Effects};
use crate::app::message::RequestId;
use crate::app::model::Model;
use crate::app::status::Database;
use crate::domain::chart::{DAYS, HOURS, SalesChart};
use crate::domain::past::PastWhat;

/// The hour on which the cursor stands at first.
const MORNING: usize = 9;

/// Which of the charts the cursor is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// That of the days.
    Days,
    /// That of the hours of a day.
    Hours,
}

/// The charts, while they are in front.
#[derive(Debug, Clone)]
pub struct Chart {
    /// The last of the days.
    pub until: Date,
    /// Where the cursor is.
    pub part: Part,
    /// The chosen one of the days, from the oldest.
    pub day: usize,
    /// The chosen hour.
    pub hour: usize,
    /// What was read.
    pub read: Read<Box<SalesChart>>,
}

impl Chart {
    /// What was read, where it was.
    pub fn here(&self) -> Option<&SalesChart> {
        match &self.read {
            Read::Here(chart) => Some(chart),
            Read::Asked(_) | Read::Away(_) => None,
        }
    }

    /// The chosen day.
    pub fn chosen(&self) -> Date {
        let first = SalesChart::first_day(self.until);
        first
            .series(jiff::Span::new().days(1))
            .nth(self.day)
            .unwrap_or(self.until)
    }
}

/// From the list to its charts, and back.
pub(super) fn toggle(model: &mut Model) -> Effects {
    if model.past.chart.take().is_some() {
        return Effects::none();
    }
    put(model, Part::Days, MORNING)
}

/// Other receipts are looked at, or something happened to them: the charts are read anew, if they are in front.
pub(super) fn again(model: &mut Model) -> Effects {
    match model.past.chart.take() {
        Some(chart) => put(model, chart.part, chart.hour),
        None => Effects::none(),
    }
}

fn put(model: &mut Model, part: Part, hour: usize) -> Effects {
    let until = model.past.day.unwrap_or_else(|| model.today());
    let wanted = model.past_wanted();
    let is_away = matches!(model.status.database, Database::Away { .. });
    let request = model.request();
    let read = if matches!(wanted.what, PastWhat::Receipt(_)) {
        Read::Away(String::from("one receipt makes no chart: look for words, or for all"))
    } else if is_away {
        Read::Away(String::from("the database is away, and charts are of what it has"))
    } else {
        Read::Asked(request)
    };
    let asks = matches!(read, Read::Asked(_));
    model.past.chart = Some(Chart {
        until,
        part,
        day: DAYS - 1,
        hour,
        read,
    });
    if !asks {
        return Effects::none();
    }
    let currency = model.currency().code.clone();
    Effect::ReadChart {
        request,
        wanted: Box::new(wanted),
        until,
        currency,
    }
    .into()
}

/// The sums came, or why not.
pub(in crate::app) fn read(model: &mut Model, request: RequestId, answer: Result<Box<SalesChart>, String>) {
    if let Some(chart) = &mut model.past.chart
        && chart.read == Read::Asked(request)
    {
        chart.read = answer.map_or_else(Read::Away, Read::Here);
    }
}

/// A key for the charts; none: it is one for what they are of.
pub(super) fn update(model: &mut Model, command: Command) -> Option<Effects> {
    let chart = model.past.chart.as_mut()?;
    let (at, places) = match chart.part {
        Part::Days => (&mut chart.day, DAYS),
        Part::Hours => (&mut chart.hour, HOURS),
    };
    if let Some(to) = moved(*at, places, command) {
        *at = to;
        return Some(Effects::none());
    }
    Some(match command {
        Command::Next | Command::Previous => {
            chart.part = match chart.part {
                Part::Days => Part::Hours,
                Part::Hours => Part::Days,
            };
            Effects::none()
        }
        // The receipts behind the bar.
        Command::Accept | Command::Confirm => {
            model.past.day = Some(chart.chosen());
            model.past.chart = None;
            changed(model)
        }
        Command::Back => {
            model.past.chart = None;
            Effects::none()
        }
        _ => return None,
    })
}

impl Model {
    /// Whether the charts leave out what this till has promised and the database does not have yet.
    pub fn chart_lacks_unsent(&self) -> bool {
        self.status.unsent > 0 && !matches!(self.past.list.source, Some(PastSource::Journal(_)))
    }
}
