//! What is unsent or parked on this till, worst first.
//!
//! ```text
//! ── Unsent and parked · T01 ────────────────────────────────────────── 1–2 of 2 ──
//!    age       receipt      by           why                                total
//!  ▶ ✕ 3 h 05    T01-000123   Asha N.      drug “Amoxil” is not in the …     120.00
//!    ▲ 12 s      T01-000127   Asha N.      on its way                         65.00
//! ```
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::theme::Sign;
use super::{Look, Target, cells, frame, row};
use crate::app::command::Command;
use crate::app::queue::total;
use crate::app::status::{Database, age};
use crate::domain::name::printable;
use crate::domain::past::{PastSale, PastState};

/// In fewer cells, a sale has two rows.
const ONE_COLUMN: usize = 60;

/// Draws the screen.
pub fn render(out: &mut Frame<'_>, body: Rect, look: Look<'_>) {
    let queue = &look.model.queue;
    let sales = queue.sales();
    let wide: usize = body.width.into();
    let high: u16 = if wide < ONE_COLUMN { 2 } else { 1 };
    look.places.add(body, Target::Scroll);
    let titled = u16::from(body.height >= 4);
    // What is in the way of the highlighted one has no room in its row: it stands below, whole.
    let why = why(look)
        .filter(|_| body.height >= 8)
        .map(|why| cells::wrap(&why, wide.saturating_sub(3)));
    let why: Vec<String> = why.into_iter().flatten().take(4).collect();
    let below = u16::try_from(why.len()).map_or(0, |lines| if lines == 0 { 0 } else { lines + 1 });
    let headed = u16::from(high == 1) * titled;
    let room = usize::from(body.height.saturating_sub(titled + headed + below) / high);
    let first = (queue.at + 1).saturating_sub(room);
    let mut at = 0;
    if titled == 1 {
        let seen = cells::part(first, room.min(sales.len()), sales.len());
        let title = format!("Unsent and parked · {}", look.model.settings.till);
        frame::rule(out, row(body, at), look, &title, &counted(look, seen.trim()));
        at += 1;
    }
    let columns = Columns::of(wide);
    if headed == 1 {
        let head = columns.line("    ", "age", "receipt", "by", "why", "total");
        out.render_widget(Line::styled(cells::cut(&head, wide), look.theme.faint()), row(body, at));
        at += 1;
    }
    if sales.is_empty() {
        let words = cells::cut(&format!("   {}", nothing(look)), wide);
        out.render_widget(Line::styled(words, look.theme.faint()), row(body, at));
        return;
    }
    for (position, sale) in sales.iter().enumerate().skip(first).take(room) {
        let here = position == queue.at;
        let style = if here {
            look.theme.highlighted()
        } else {
            look.theme.style(sign_of(sale))
        };
        let lines = if high == 2 {
            two_lines(look, sale, here, wide)
        } else {
            vec![one_line(look, &columns, sale, here)]
        };
        for (line, at) in lines.iter().zip(at..) {
            out.render_widget(Line::styled(cells::left(line, wide), style), row(body, at));
            look.places
                .add_row(row(body, at), position, Some(queue.at), Some(Command::Accept));
        }
        at += high;
    }
    let foot = body.height.saturating_sub(below);
    if below > 0 {
        frame::rule(out, row(body, foot), look, "why", "");
    }
    for (line, at) in why.iter().zip(foot + 1..) {
        out.render_widget(Line::raw(format!("   {line}")), row(body, at));
    }
}

/// What is in the way of the highlighted one.
fn why(look: Look<'_>) -> Option<String> {
    match &look.model.queue.highlighted()?.state {
        PastState::Parked(why) => Some(printable(why)),
        _ => None,
    }
}

fn counted(look: Look<'_>, seen: &str) -> String {
    let queue = &look.model.queue;
    let more = queue.list.as_ref().map_or(0, |list| list.more);
    match (&queue.fault, more) {
        (Some(why), _) => format!("not read: {}", printable(why)),
        (None, 0) if seen.is_empty() && !queue.sales().is_empty() => {
            let parked = queue.sales().iter().filter(|sale| sign_of(sale) == Sign::Bad).count();
            format!("{parked} parked, {} on their way", queue.sales().len() - parked)
        }
        (None, 0) => seen.to_owned(),
        (None, more) => format!("{seen} {more} more are not listed").trim().to_owned(),
    }
}

/// Why nothing is listed.
fn nothing(look: Look<'_>) -> &'static str {
    let queue = &look.model.queue;
    match (&queue.list, &queue.fault) {
        (_, Some(_)) => "not read",
        (None, None) => "reading …",
        (Some(_), None) => "every sale of this till is in the database",
    }
}

/// How many cells each column has.
struct Columns {
    by: usize,
    why: usize,
}

impl Columns {
    fn of(wide: usize) -> Self {
        // Signs, age, receipt, total, and what parts them.
        let rest = wide.saturating_sub(44);
        let by = (rest / 3).min(18);
        Self {
            by,
            why: rest.saturating_sub(by + 1),
        }
    }

    fn line(&self, signs: &str, age: &str, receipt: &str, by: &str, why: &str, total: &str) -> String {
        format!(
            " {signs} {} {} {} {} {}",
            cells::left(age, 10),
            cells::left(receipt, 12),
            cells::left(by, self.by),
            cells::left(why, self.why),
            cells::right(total, 12),
        )
    }
}

fn sign_of(sale: &PastSale) -> Sign {
    match sale.state {
        PastState::Parked(_) => Sign::Bad,
        _ => Sign::Warn,
    }
}

fn signs(look: Look<'_>, sale: &PastSale, here: bool) -> String {
    let mark = if here { look.theme.sign(Sign::Here) } else { " " };
    format!("{mark} {}", cells::left(look.theme.sign(sign_of(sale)), 2))
}

/// Where it stands, and why.
fn words(look: Look<'_>, sale: &PastSale) -> String {
    match (&sale.state, look.model.status.database) {
        (PastState::Parked(why), _) => format!("parked · {}", printable(why)),
        (_, Database::Away { .. }) => String::from("waits for the database"),
        _ => String::from("on its way"),
    }
}

fn one_line(look: Look<'_>, columns: &Columns, sale: &PastSale, here: bool) -> String {
    let record = &sale.record;
    let age = age(record.document.sale.sold_at, look.model.now);
    let by = printable(&record.document.sale.employee.name);
    let signs = signs(look, sale, here);
    columns.line(&signs, &age, &record.printed(), &by, &words(look, sale), &total(record))
}

fn two_lines(look: Look<'_>, sale: &PastSale, here: bool, wide: usize) -> Vec<String> {
    let record = &sale.record;
    let age = age(record.document.sale.sold_at, look.model.now);
    let first = format!(" {} {}  {age}", signs(look, sale, here), record.printed());
    let second = format!("      {}", words(look, sale));
    vec![
        cells::ends(&first, &format!("{} ", total(record)), wide),
        cells::cut(&second, wide),
    ]
}
