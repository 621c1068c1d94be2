//! A choice from a short list.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::popup::{self, Way};
use super::{Look, Target, cells, row};
use crate::app::Layer;
use crate::app::command::Command;
use crate::app::picker::{Choice, Picker};
use crate::app::queue::what_is_it;
use crate::domain::mending::Named;

/// At most so many rows are shown at once.
const MOST: usize = 13;

/// Draws the list.
pub fn render(frame: &mut Frame<'_>, area: Rect, look: Look<'_>, picker: &Picker) {
    let found = picker.found(look.model);
    let stands_in;
    let (title, nothing) = match picker.choice {
        Choice::StandIn(named) => {
            stands_in = what_is_it(look.model, named);
            let nothing = match named {
                Named::Line(_) if picker.filter.is_empty() => "type its name or code",
                _ => "nothing has these words",
            };
            (stands_in.as_str(), nothing)
        }
        Choice::Seller => ("who sells?", "nobody has these words"),
        Choice::Outlet => ("which outlet is this?", "no outlet has these words"),
        Choice::Survivor(_) => ("who is it? choose the row that stays", "nobody has these words"),
        Choice::Held => ("which basket is called back?", "none that is held has these words"),
        Choice::When => ("from when?", "no such time: 09:30, 2026-03-01 14:00, a day"),
        Choice::Supervisor(_) => ("who looks on?", "type your name"),
    };
    let rows = popup::room(area).saturating_sub(1).min(MOST);
    let here = picker.position(&found);
    let first = (here + 1).saturating_sub(rows);
    let key = |command| look.keymap.key_in(Layer::Picker, command);
    let part = cells::part(first, rows, found.len());
    let part = (!part.is_empty()).then(|| Way::words(part.trim_end()));
    let choose = key(Command::Accept).map(|key| Way::key(key, "chooses"));
    let leave = if matches!(picker.choice, Choice::Held | Choice::Survivor(_)) {
        "leaves them"
    } else if picker.choice == Choice::When {
        "stays as it is"
    } else if let Choice::StandIn(_) = picker.choice {
        "leaves it parked"
    } else {
        "looks around"
    };
    let leave = key(Command::Back).map(|key| Way::key(key, leave));
    let ways: Vec<_> = [part, choose, leave].into_iter().flatten().collect();
    let high = u16::try_from(found.len().clamp(1, MOST) + 1).unwrap_or(u16::MAX);
    let inside = popup::render(frame, area, look, title, &ways, (48, high));
    look.places.add(inside, Target::Scroll);
    let label = if look.theme.ascii { "> " } else { "› " };
    frame.render_widget(Line::raw(format!("{label}{}", picker.filter.text())), row(inside, 0));
    popup::cursor(frame, inside, 2 + picker.filter.cursor());
    if found.is_empty() {
        let clear = key(Command::Back).filter(|_| !picker.filter.is_empty());
        let clear = clear.map(|key| format!(" · {key} clears them")).unwrap_or_default();
        frame.render_widget(Line::raw(format!("{nothing}{clear}")), row(inside, 1));
    }
    // Of what is held more is said beside its ticket than fits into a half.
    let longest = || found.iter().map(|candidate| cells::width(&candidate.name)).max();
    let names = (picker.choice == Choice::Held)
        .then(longest)
        .flatten()
        .unwrap_or(usize::MAX);
    for (at, (position, candidate)) in (1..).zip(found.iter().enumerate().skip(first).take(rows)) {
        let wide = usize::from(inside.width);
        let line = format!(
            "{} {}",
            cells::left(&candidate.name, names.min(wide / 2)),
            candidate.beside
        );
        let style = if position == here {
            look.theme.highlighted()
        } else {
            Style::new()
        };
        frame.render_widget(Line::styled(cells::left(&line, wide), style), row(inside, at));
        let accept = Some(Command::Accept);
        look.places.add_row(row(inside, at), position, Some(here), accept);
    }
}
