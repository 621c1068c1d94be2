//! Keys for the live screen.
use super::pane::{Pane, Table};
use super::{LiveScope, follow, noting, want};
use crate::app::command::{Command, Edit};
use crate::app::dimension::aside::moved;
use crate::app::effect::Effects;
use crate::app::model::{Model, Screen};
use crate::app::past;
use crate::app::picker::{self, Choice};
use crate::app::role::Role;
use crate::app::text::Line;
use crate::domain::sale::Receipt;
use crate::domain::supervision::{LiveFilter, StreamRow};

/// A key for this screen.
pub(in crate::app) fn update(model: &mut Model, command: Command) -> Effects {
    if model.live.typing.is_some() {
        return update_typing(model, command);
    }
    if let Some(effects) = move_cursor(model, command) {
        return effects;
    }
    let live = &mut model.live;
    match command {
        Command::LivePane(pane) => go_to(model, pane),
        Command::Next => go_to(model, model.live.pane.step(1)),
        Command::Previous => go_to(model, model.live.pane.step(Pane::ALL.len() - 1)),
        Command::NextTable => turn(model, 1),
        Command::PreviousTable => turn(model, Table::ALL.len() - 1),
        Command::Pause => pause(model),
        Command::Filter => {
            live.typing = Some(Line::of(&live.stream.filter.words));
            go_to(model, Pane::Stream);
        }
        Command::FromWhen => picker::open(model, Choice::When, None),
        Command::FromNow => return follow(model, super::LiveFrom::Now, model.live.scope),
        Command::FromToday => return follow(model, super::LiveFrom::Today, model.live.scope),
        Command::FromBeginning => return follow(model, super::LiveFrom::Beginning, model.live.scope),
        Command::Scope if matches!(model.role, Role::Supervisor { .. }) => {
            model.mention("a supervisor sees all outlets: Enter on one shows its events alone");
        }
        Command::Scope => {
            let scope = match live.scope {
                LiveScope::Own => LiveScope::All,
                LiveScope::All => LiveScope::Own,
            };
            return follow(model, model.live.from, scope);
        }
        Command::Acknowledge => noting::open(model),
        Command::Acknowledged => {
            live.alerts.shows_noted = live.pane != Pane::Alerts || !live.alerts.shows_noted;
            live.alerts.front = None;
            live.pane = Pane::Alerts;
        }
        Command::Accept | Command::Confirm => return drill(model),
        Command::Back => return back(model),
        _ => {}
    }
    Effects::none()
}

/// Another pane has the keys; what is looked at in the alerts stays there for who comes back.
fn go_to(model: &mut Model, pane: Pane) {
    let live = &mut model.live;
    if live.pane == pane && pane == Pane::Alerts {
        (live.alerts.front, live.alerts.shows_noted) = (None, false);
    }
    // What was held by looking at it goes on; what was held by a key stays.
    if pane != Pane::Stream && live.held.is_none() {
        live.stream.go_on();
    }
    if pane != Pane::Alerts {
        live.alerts.shows_noted = false;
    }
    live.pane = pane;
}

fn turn(model: &mut Model, by: usize) {
    let live = &mut model.live;
    if live.pane == Pane::Totals {
        live.table = live.table.step(by);
        live.total.go(0, None);
    } else {
        live.pane = Pane::Totals;
    }
}

/// Holds the view, or lets it go on.
fn pause(model: &mut Model) {
    let live = &mut model.live;
    if live.is_held() {
        live.held = None;
        live.stream.go_on();
    } else {
        live.held = Some(live.overview.clone());
        live.stream.hold();
    }
}

/// Moves the highlight of the pane in front, if the command is a move.
fn move_cursor(model: &mut Model, command: Command) -> Option<Effects> {
    let midnight = model.midnight();
    let live = &mut model.live;
    match live.pane {
        Pane::Outlets => {
            let ids: Vec<_> = live.outlets().iter().map(|line| line.id).collect();
            let at = moved(live.outlet.position(ids.iter().copied()), ids.len(), command)?;
            live.outlet.go(at, kept(ids.get(at).copied(), command));
        }
        Pane::Totals => {
            let keys = live.total_keys();
            let at = moved(live.total.position(keys.iter().cloned()), keys.len(), command)?;
            live.total.go(at, kept(keys.get(at).cloned(), command));
        }
        Pane::Stream => {
            let stream = &mut live.stream;
            let at = moved(stream.at, stream.len(), command)?;
            // What is looked at stays where it is; at the newest, the list goes on by itself.
            if at > 0 {
                stream.hold();
                stream.at = at;
            } else if live.held.is_none() {
                stream.go_on();
            } else {
                stream.at = 0;
            }
        }
        Pane::Alerts => {
            let alerts = &mut live.alerts;
            if let Some(front) = &mut alerts.front {
                front.at = moved(front.at, front.alert.evidence.len(), command)?;
            } else if alerts.shows_noted {
                let ids: Vec<_> = alerts.noted_since(midnight).map(|note| note.id).collect();
                let at = moved(alerts.noted_cursor.position(ids.iter().copied()), ids.len(), command)?;
                alerts.noted_cursor.go(at, kept(ids.get(at).copied(), command));
            } else {
                let ids: Vec<_> = alerts.open().map(|alert| alert.id).collect();
                let at = moved(alerts.cursor.position(ids.iter().copied()), ids.len(), command)?;
                alerts.cursor.go(at, kept(ids.get(at).copied(), command));
            }
        }
    }
    Some(Effects::none())
}

/// The row to stay on: none for who went to the top, whichever row is there.
fn kept<K>(key: Option<K>, command: Command) -> Option<K> {
    key.filter(|_| command != Command::First)
}

/// From what is highlighted to what is behind it.
fn drill(model: &mut Model) -> Effects {
    let live = &model.live;
    match live.pane {
        Pane::Outlets => {
            let outlets = live.outlets();
            let Some(outlet) = outlets.get(live.outlet_at(&outlets)) else {
                return Effects::none();
            };
            let wanted = LiveFilter {
                outlet_id: Some(outlet.id),
                ..LiveFilter::default()
            };
            let words = outlet.name.clone();
            model.live.pane = Pane::Stream;
            want(model, wanted, words, Some(Pane::Outlets))
        }
        Pane::Totals => drill_total(model),
        Pane::Stream => {
            let row = live.stream.highlighted().cloned();
            row.map_or_else(Effects::none, |row| open_receipt(model, &row))
        }
        Pane::Alerts => drill_alert(model),
    }
}

fn drill_total(model: &mut Model) -> Effects {
    let live = &mut model.live;
    let Some(total) = live.totals().get(live.total_at()).cloned() else {
        return Effects::none();
    };
    let id = Some(total.id);
    let wanted = LiveFilter::default();
    let wanted = match live.table {
        Table::Drugs => LiveFilter { drug_id: id, ..wanted },
        Table::Employees => LiveFilter {
            employee_id: id,
            ..wanted
        },
        Table::Doctors => LiveFilter {
            doctor_id: id,
            ..wanted
        },
        Table::Regions => {
            live.region = Some(total.name);
            live.pane = Pane::Outlets;
            live.outlet.go(0, None);
            return Effects::none();
        }
        Table::Hours | Table::Days => return Effects::none(),
    };
    live.pane = Pane::Stream;
    want(model, wanted, total.name, Some(Pane::Totals))
}

fn drill_alert(model: &mut Model) -> Effects {
    let midnight = model.midnight();
    let alerts = &mut model.live.alerts;
    if let Some(front) = &alerts.front {
        let row = front.alert.evidence.get(front.at).cloned();
        return row.map_or_else(Effects::none, |row| open_receipt(model, &row));
    }
    let alert = if alerts.shows_noted {
        let notes: Vec<_> = alerts.noted_since(midnight).cloned().collect();
        let at = alerts.noted_cursor.position(notes.iter().map(|note| note.id));
        notes.get(at).map(|note| alerts.of_note(note))
    } else {
        alerts.highlighted().cloned()
    };
    alerts.front = alert.map(|alert| super::Front { alert, at: 0 });
    Effects::none()
}

/// The whole receipt of a row, on the screen of what was sold before; one step back from it leads here.
fn open_receipt(model: &mut Model, row: &StreamRow) -> Effects {
    if let Ok(receipt) = row.receipt.parse::<Receipt>() {
        past::open_from(model, receipt, Screen::Live)
    } else {
        model.mention(format!("{}: it is of no receipt", row.what));
        Effects::none()
    }
}

fn back(model: &mut Model) -> Effects {
    let live = &mut model.live;
    let alerts = &mut live.alerts;
    if live.pane == Pane::Alerts && alerts.front.take().is_some() {
        return Effects::none();
    }
    if live.pane == Pane::Alerts && std::mem::take(&mut alerts.shows_noted) {
        return Effects::none();
    }
    if !live.stream.filter.wanted.is_empty() {
        if let Some(behind) = live.stream.filter.behind {
            live.pane = behind;
        }
        return want(model, LiveFilter::default(), String::new(), None);
    }
    if live.region.take().is_some() {
        live.pane = Pane::Totals;
        return Effects::none();
    }
    if !model.dismiss_alert() {
        model.go_home();
    }
    Effects::none()
}

fn update_typing(model: &mut Model, command: Command) -> Effects {
    let Some(line) = &mut model.live.typing else {
        return Effects::none();
    };
    match command {
        Command::Edit(Edit::Backspace) | Command::Back if line.is_empty() => model.live.typing = None,
        Command::Edit(edit) => {
            line.edit(edit);
        }
        Command::Back => line.clear(),
        Command::Accept | Command::Confirm => {
            let words = line.text().trim().to_owned();
            match LiveFilter::parse(&words) {
                Ok(wanted) => {
                    model.live.typing = None;
                    return want(model, wanted, words, None);
                }
                Err(why) => {
                    line.spend();
                    model.refuse(why);
                }
            }
        }
        _ => {}
    }
    Effects::none()
}

/// Text for the screen. What came `at_once` is a scan or a paste.
pub(in crate::app) fn insert(model: &mut Model, text: &str, at_once: bool) {
    match &mut model.live.typing {
        Some(line) => line.insert(text),
        None if at_once => model.ignore_scan("goods are scanned on the sale screen"),
        None => {}
    }
}

/// Puts back what was typed before keys that were a scan.
pub(in crate::app) fn restore(model: &mut Model, before: Option<Line>) {
    if let (Some(line), Some(before)) = (&mut model.live.typing, before) {
        *line = before;
    }
}
