//! F3: sales of the chain as they happen.
//!
//! ```text
//! ── today ──────────────────────────────── this outlet, from this morning ──
//!    Kilifi Bay               KES    58,210.00     131 sales   last 09:41:58
//! ── just now ──────────────────────────────────────────── ● live ──
//!  09:42:03 Uhuru Corner   Otieno  Tramadol 50 mg caps    20 cap     400.00
//!  ✕ 09:41:00 unreadable: partition 2 offset 17: not JSON
//!  2,911 records   8 repeats dropped   1 unreadable
//! ```
use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::theme::Sign;
use super::{Look, Target, cells, frame, row};
use crate::app::Layer;
use crate::app::command::Command;
use crate::app::live::{Live, LiveFrom, LiveRow, LiveScope, LiveState, LiveWhat, OutletTotal};
use crate::app::status;

/// Draws the live screen.
pub fn render(out: &mut Frame<'_>, body: Rect, look: Look<'_>) {
    let feed = &look.model.live;
    let high = body.height;
    let totals = u16::try_from(feed.totals.len().max(1))
        .unwrap_or(u16::MAX)
        .min(high / 3);
    let mut at = 0;
    if high >= 6 {
        frame::rule(out, row(body, at), look, "today", &what_is_followed(feed));
        at += 1;
        self::totals(
            out,
            Rect {
                y: body.y + at,
                height: totals,
                ..body
            },
            look,
        );
        at += totals;
    }
    let (sign, words) = state(look, feed);
    let words = if look.theme.ascii || sign != Sign::Good {
        format!("{} {words}", look.theme.sign(sign))
    } else {
        format!("● {words}")
    };
    let title = match feed.held_at {
        Some(_) => format!("held: {} newer", feed.since_held()),
        None => String::from("just now"),
    };
    frame::rule(out, row(body, at), look, &title, &words);
    at += 1;
    let foot = u16::from(high >= 5);
    let rows = Rect {
        y: body.y + at,
        height: high.saturating_sub(at + foot),
        ..body
    };
    self::rows(out, rows, look);
    let counts = cells::cut(&counts(feed), body.width.into());
    out.render_widget(Line::raw(counts), row(body, if foot == 1 { high - 1 } else { high }));
}

fn what_is_followed(feed: &Live) -> String {
    let scope = match feed.scope {
        LiveScope::Own => "this outlet",
        LiveScope::All => "all outlets",
    };
    let from = match feed.from {
        LiveFrom::Now => "from when it was opened",
        LiveFrom::Today => "from this morning",
        LiveFrom::Beginning => "from the first record",
        LiveFrom::At(moment) => return format!("{scope}, from {moment}"),
    };
    format!("{scope}, {from}")
}

fn state(look: Look<'_>, feed: &Live) -> (Sign, String) {
    let age = |since: Timestamp| status::age(since, look.model.now);
    match &feed.state {
        None => (Sign::Idle, String::from("not followed yet")),
        Some(LiveState::Connecting { since }) => (Sign::Idle, format!("connecting for {}", age(*since))),
        Some(LiveState::Live) => (Sign::Good, String::from("live")),
        Some(LiveState::CatchingUp { behind }) => (Sign::Warn, format!("{behind} behind")),
        Some(LiveState::TopicMissing { since, topic }) => (
            Sign::Bad,
            format!("no topic {topic} for {}: rxtill init makes it", age(*since)),
        ),
        Some(LiveState::Reconnecting { since, reason }) => (Sign::Bad, format!("away {}: {reason}", age(*since))),
    }
}

fn totals(out: &mut Frame<'_>, area: Rect, look: Look<'_>) {
    let feed = &look.model.live;
    if feed.totals.is_empty() {
        out.render_widget(Line::styled("   no sale yet today", look.theme.faint()), row(area, 0));
        return;
    }
    let mut totals: Vec<&OutletTotal> = feed.totals.values().collect();
    totals.sort_by(|a, b| b.revenue.cmp(&a.revenue).then_with(|| a.name.cmp(&b.name)));
    let places = look.model.currency().places;
    let room = usize::from(area.height);
    let more = totals.len().saturating_sub(room);
    for (at, total) in (0..).zip(totals.iter().take(room)) {
        let last = total.last.map_or_else(String::new, |last| clock(look, last));
        let wide = usize::from(area.width);
        let sales = if total.sales == 1 { "sale " } else { "sales" };
        let narrow = || {
            let end = format!("{} {:>5} {sales} ", total.revenue.grouped(places), total.sales);
            cells::ends(&format!("   {}", total.name), &end, wide)
        };
        let name_cells = wide.saturating_sub(53).clamp(8, 40);
        let whole = || {
            format!(
                "   {} {:>4}{} {:>7} {sales}   last {last}",
                cells::left(&total.name, name_cells),
                total.currency,
                cells::right(&total.revenue.grouped(places), 14),
                total.sales,
            )
        };
        let line = if wide < 60 { narrow() } else { whole() };
        let line = if more > 0 && at + 1 == area.height {
            format!("{line}   … {more} more")
        } else {
            line
        };
        out.render_widget(Line::raw(cells::cut(&line, area.width.into())), row(area, at));
    }
}

fn rows(out: &mut Frame<'_>, area: Rect, look: Look<'_>) {
    let feed = &look.model.live;
    if feed.rows.is_empty() {
        let soon = match feed.state {
            Some(LiveState::Live) => ": a sale shows here as soon as it is published",
            _ => "",
        };
        let key = look.keymap.key_in(Layer::Live, Command::FromBeginning);
        let key = key.map(|key| format!(" · {key} shows all days")).unwrap_or_default();
        let words = cells::cut(&format!("   nothing yet{soon}{key}"), area.width.into());
        out.render_widget(Line::styled(words, look.theme.faint()), row(area, 0));
        return;
    }
    look.places.add(area, Target::Scroll);
    let wide = usize::from(area.width);
    let lines = feed.shown().flat_map(|live_row| {
        let (sign, lines) = lines(look, live_row, wide);
        lines.into_iter().map(move |line| (sign, line))
    });
    for (at, (sign, line)) in (0..area.height).zip(lines) {
        let line = Line::styled(cells::cut(&line, wide), look.theme.style(sign));
        out.render_widget(line, row(area, at));
    }
}

/// A row in one line, or in two where it is narrow.
fn lines(look: Look<'_>, row: &LiveRow, wide: usize) -> (Sign, Vec<String>) {
    let at = clock(look, row.at);
    match &row.what {
        LiveWhat::Sale {
            outlet,
            employee,
            drug,
            quantity,
            total,
            back,
            differs,
        } => {
            let sign = if *differs { Sign::Bad } else { Sign::Idle };
            let mark = match (*differs, *back) {
                (true, _) => format!("{} differs: ", look.theme.sign(Sign::Bad)),
                (false, true) => String::from("back "),
                (false, false) => String::new(),
            };
            if wide < 60 {
                let first = format!(" {at} {mark}{outlet} · {employee}");
                let second = cells::ends(&format!("   {quantity} {drug}"), &format!("{total} "), wide);
                return (sign, vec![first, second]);
            }
            let spare = wide.saturating_sub(78);
            let line = format!(
                " {at} {} {} {}{}{}",
                cells::left(outlet, 14 + spare / 4),
                cells::left(employee, 8 + spare / 4),
                cells::left(&format!("{mark}{drug}"), 22 + spare / 2),
                cells::right(quantity, 12),
                cells::right(total, 10),
            );
            (sign, vec![line])
        }
        LiveWhat::Older { outlet, what } => (Sign::Idle, vec![format!(" {at} {} {what}", cells::left(outlet, 14))]),
        LiveWhat::Unreadable { place, reason } => {
            let words = format!("unreadable, {place}: {reason}");
            (Sign::Bad, whole(look, &at, Sign::Bad, &words, wide))
        }
        LiveWhat::Note(note) => (Sign::Warn, whole(look, &at, Sign::Warn, note, wide)),
    }
}

/// Words in as many lines as they need: a reason that is cut is none.
fn whole(look: Look<'_>, at: &str, sign: Sign, words: &str, wide: usize) -> Vec<String> {
    let before = format!(" {at} {} ", look.theme.sign(sign));
    let indent = " ".repeat(cells::width(&before));
    let lines = cells::wrap(words, wide.saturating_sub(cells::width(&before)));
    let line = |(at, line)| format!("{}{line}", if at == 0 { &before } else { &indent });
    lines.into_iter().enumerate().map(line).collect()
}

fn counts(feed: &Live) -> String {
    let counted = |count: u64, one: &str, several: &str| format!("{count} {}", if count == 1 { one } else { several });
    let mut counts = vec![
        format!(" {}", counted(feed.records, "record", "records")),
        counted(feed.repeats, "repeat dropped", "repeats dropped"),
    ];
    for (count, what) in [
        (feed.unreadable, "unreadable"),
        (feed.missing, "missing"),
        (feed.differs, "with other content"),
    ] {
        if count > 0 {
            counts.push(format!("{count} {what}"));
        }
    }
    counts.join("   ")
}

fn clock(look: Look<'_>, at: Timestamp) -> String {
    frame::local(look.model, at).strftime("%H:%M:%S").to_string()
}
