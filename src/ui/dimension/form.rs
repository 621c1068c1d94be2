//! The one form: a line a field, what is wrong beside it, help for the field under the cursor.
//!
//! ```text
//! ── drug · Amoxicillin ──────────────────────────────────────── changed ──
//!    Code                      NDC-2
//!  ▶ Price of one              12.5▏
//!  ✕ Code on the pack          61 61        a code has no spaces
//! ── 7 of 17 ──────────────────────────────────────────────────────────────
//!  for one base unit, tax included
//! ```
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::Layer;
use crate::app::command::Command;
use crate::app::dimension::form::shown;
use crate::app::dimension::{Form, FormState};
use crate::domain::dimension::FieldKind;
use crate::ui::theme::Sign;
use crate::ui::{Look, cells, frame, row};

/// At most so many lines say what a field is for, or what is wrong with it.
const FOOT: usize = 3;
/// In fewer rows, one line has to do.
const FOOTED: u16 = 9;

/// The cells of a label.
const LABEL: usize = 25;

/// Draws the form.
pub fn render(out: &mut Frame<'_>, body: Rect, look: Look<'_>, form: &Form) {
    // What is said below is never cut while there is room for a few fields.
    let (sign, words) = help(look, form);
    let words = if sign == Sign::Idle {
        words
    } else {
        format!("{} {words}", look.theme.sign(sign))
    };
    let said = cells::wrap(&words, usize::from(body.width).saturating_sub(1));
    let lines = if body.height >= FOOTED { said.len().min(FOOT) } else { 1 };
    let lines = u16::try_from(lines).unwrap_or(1).min(body.height.saturating_sub(1));
    let ruled = u16::from(body.height >= 4);
    let foot = ruled + lines;
    let head = u16::from(body.height >= 5);
    if head == 1 {
        title(out, row(body, 0), look, form);
    }
    let room = usize::from(body.height - head - foot);
    let fields = form.spec().fields.len();
    // The field under the cursor is always there, and so is the one after it, where there is room.
    let first = (form.at + 2).min(fields).saturating_sub(room);
    for (at, position) in (head..).zip((first..fields).take(room)) {
        field(out, row(body, at), look, form, position);
        look.places.add_row(row(body, at), position, Some(form.at), None);
    }
    if ruled == 1 {
        let place = format!("{} of {fields}", form.at + 1);
        frame::rule(out, row(body, body.height - foot), look, &place, "");
    }
    let from = body.height - lines;
    let rest = said.len().saturating_sub(lines.into());
    for (at, words) in (from..body.height).zip(said) {
        let more = if rest > 0 && at + 1 == body.height { "…" } else { "" };
        let words = cells::cut(&format!(" {words}{more}"), body.width.into());
        out.render_widget(Line::styled(words, look.theme.style(sign)), row(body, at));
    }
}

fn title(out: &mut Frame<'_>, area: Rect, look: Look<'_>, form: &Form) {
    let one = form.spec().one;
    let title = match (&form.opened, form.name()) {
        (None, _) if form.is_open() => format!("new {one}"),
        (_, name) => format!("{one} · {name}"),
    };
    let mut end = Vec::new();
    if !form.record.active {
        end.push("inactive");
    }
    match &form.state {
        FormState::Reading(_) => end.push("being read …"),
        FormState::Saving(_) => end.push("being saved …"),
        FormState::LookOnly(_) => end.push("look only"),
        FormState::Open if form.is_changed() => end.push("changed"),
        FormState::Open => {}
    }
    frame::rule(out, area, look, &title, &end.join(", "));
}

fn field(out: &mut Frame<'_>, area: Rect, look: Look<'_>, form: &Form, position: usize) {
    let spec = &form.spec().fields[position];
    let here = position == form.at;
    let fault = form.faults.get(&position);
    let sign = match (here, fault) {
        (true, _) => Sign::Here,
        (false, Some(_)) => Sign::Bad,
        (false, None) => Sign::Idle,
    };
    let mark = if sign == Sign::Idle { " " } else { look.theme.sign(sign) };
    let needed = if spec.required { "*" } else { "" };
    let label = cells::left(&format!("{}{needed}", spec.label), LABEL);
    let wide: usize = area.width.into();
    let before = format!(" {mark} {label} ");
    let room = wide.saturating_sub(cells::width(&before));
    let withheld = form.is_withheld(position);
    let mut value = if withheld {
        let being_read = matches!(form.state, FormState::Reading(_));
        String::from(if being_read { "…" } else { "not shown" })
    } else if here {
        form.line.text().to_owned()
    } else {
        shown(spec.kind, &form.record.values[position], look.model.currency().places)
    };
    let few = matches!(spec.kind, FieldKind::Choice(_) | FieldKind::YesNo);
    if here && few && form.is_open() {
        value = if look.theme.ascii {
            format!("< {value} >")
        } else {
            format!("‹ {value} ›")
        };
    }
    let mut spans = vec![Span::styled(before.clone(), look.theme.style(sign))];
    // What does not fit is cut at its start while it is typed, so that the cursor is seen.
    let typed = cells::width(&value);
    let (value, cut) = if here && !few && typed + 1 > room {
        let skipped = typed + 1 - room;
        (value.chars().skip(skipped).collect::<String>(), skipped)
    } else {
        (cells::cut(&value, room), 0)
    };
    let style = match (here, spec.kind) {
        // The next character takes its place.
        (true, _) if form.line.is_spent() && form.is_open() => look.theme.highlighted(),
        (true, _) => look.theme.strong(),
        (false, FieldKind::Shown) => look.theme.faint(),
        (false, _) if withheld => look.theme.faint(),
        (false, _) => Style::new(),
    };
    let left = room.saturating_sub(cells::width(&value) + 3);
    spans.push(Span::styled(value, style));
    if let Some(fault) = fault.filter(|_| left > 8) {
        let fault = format!("   {}", cells::cut(fault, left));
        spans.push(Span::styled(fault, look.theme.style(Sign::Bad)));
    }
    out.render_widget(Line::from(spans), area);
    if here && form.may_type() && form.is_open() && area.height > 0 {
        let column = cells::width(&before) + form.line.cursor().saturating_sub(cut);
        let column = u16::try_from(column)
            .unwrap_or(u16::MAX)
            .min(area.width.saturating_sub(1));
        out.set_cursor_position((area.x + column, area.y));
    }
}

/// What the last line says: why nothing can be changed, what is wrong with the field, or what it is for.
fn help(look: Look<'_>, form: &Form) -> (Sign, String) {
    match (&form.state, form.faults.get(&form.at)) {
        (FormState::Open, None) if let Some(twin) = &form.twin => {
            let key = look.keymap.key_in(Layer::Form, Command::Accept);
            let key = key.map(|key| format!(" · {key} opens it")).unwrap_or_default();
            (Sign::Warn, format!("is it this one? {}{key}", twin.words))
        }
        (FormState::LookOnly(why), _) => (Sign::Warn, why.clone()),
        (FormState::Open | FormState::Saving(_), _) if form.is_withheld(form.at) => (
            Sign::Idle,
            String::from("only the office's account sees and changes it: office_user under [mysql]"),
        ),
        (_, Some(fault)) => (Sign::Bad, format!("{fault} · {}", form.field().help)),
        _ => {
            let needed = if form.field().required { " · needed" } else { "" };
            (Sign::Idle, format!("{}{needed}", form.field().help))
        }
    }
}
