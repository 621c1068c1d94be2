//! The head of the live screen: the day so far, and how the stream stands.
use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use rust_decimal::Decimal;

use super::marks;
use crate::app::live::{Live, LiveFrom, LiveScope, LiveState};
use crate::app::status;
use crate::domain::money::Money;
use crate::domain::supervision::overview::{Amount, Head};
use crate::ui::theme::Sign;
use crate::ui::{Look, cells, frame, row};

/// Between two figures.
const GAP: &str = "   ";

/// The day in a line, or in two where it is narrow.
pub fn lines(out: &mut Frame<'_>, area: Rect, look: Look<'_>) {
    let head = &look.model.live.overview.head;
    let wide: usize = area.width.into();
    let clock = format!("{} ", frame::local(look.model, look.model.now).strftime("%H:%M"));
    let mut parts = vec![revenue(head, "today")];
    parts.extend(compared(look, head));
    if area.height > 1 {
        let first = format!(" {}", parts.join(GAP));
        let second = format!(" {}", [sales(head), reporting(head)].join(GAP));
        out.render_widget(
            Line::styled(cells::ends(&first, &clock, wide), look.theme.strong()),
            row(area, 0),
        );
        out.render_widget(Line::raw(cells::cut(&second, wide)), row(area, 1));
        return;
    }
    // What does not fit is left out, from the end.
    parts.extend([
        sales(head),
        reporting(head),
        marks::counted(head.items, "line", "lines"),
    ]);
    let room = wide.saturating_sub(cells::width(&clock) + 2);
    while parts.len() > 1 && cells::width(&parts.join(GAP)) > room {
        parts.pop();
    }
    let first = parts.remove(0);
    let rest = parts.iter().fold(String::new(), |rest, part| rest + GAP + part);
    let rest_room = wide.saturating_sub(cells::width(&first) + 1);
    let line = Line::from(vec![
        Span::styled(format!(" {first}"), look.theme.strong()),
        Span::raw(cells::ends(&rest, &clock, rest_room)),
    ]);
    out.render_widget(line, row(area, 0));
}

/// The day in figures with what they are below them.
pub fn tiles(out: &mut Frame<'_>, area: Rect, look: Look<'_>) {
    let model = look.model;
    let head = &model.live.overview.head;
    let (sign, state) = state(look);
    let than = last_week(look);
    let changes = head.week_ago.map(|(money, sales)| {
        let now = head.revenue.first().map(|amount| amount.sum).unwrap_or_default();
        let of = |count: u64| Money::new(Decimal::from(count));
        (marks::change(now, money), marks::change(of(head.sales), of(sales)))
    });
    let (money, sales) = changes.unwrap_or_default();
    let against = |change: Option<String>, words: &str| match change {
        Some(change) => format!("{change} {words}"),
        None => String::new(),
    };
    let items = [
        (revenue(head, ""), against(money, &format!("on last {than}"))),
        (
            marks::count(head.sales),
            ["sales", &against(sales, "")].join(" ").trim_end().to_owned(),
        ),
        (marks::count(head.items), String::from("lines sold")),
        (
            format!("{} of {}", head.reporting, head.outlets),
            String::from("outlets reporting"),
        ),
        (basket(head), String::from("avg basket")),
        (lag(head), String::from("behind")),
        (
            format!("{} {}", dot(look, sign), cells::cut(&state, 24)),
            format!("{} a minute", marks::count(head.per_minute)),
        ),
    ];
    let clock = frame::local(model, model.now).strftime("%a %H:%M").to_string();
    let mut above = String::new();
    let mut below = String::new();
    let each = usize::from(area.width).saturating_sub(10) / items.len();
    for (figure, what) in items {
        let cells_here = cells::width(&figure)
            .max(cells::width(&what))
            .max(each.saturating_sub(3))
            + 3;
        above.push_str(&cells::left(&figure, cells_here));
        below.push_str(&cells::left(&what, cells_here));
    }
    let wide: usize = area.width.into();
    let above = cells::ends(&format!("   {}", above.trim_end()), &format!("{clock} "), wide);
    out.render_widget(Line::styled(above, look.theme.strong()), row(area, 0));
    out.render_widget(
        Line::styled(cells::cut(&format!("   {below}"), wide), look.theme.faint()),
        row(area, 1),
    );
}

fn revenue(head: &Head, when: &str) -> String {
    let amount = |amount: &Amount| format!("{} {}", amount.currency, marks::short(amount.sum, 14));
    let amounts: Vec<_> = head.revenue.iter().take(2).map(amount).collect();
    match (amounts.is_empty(), when) {
        (true, _) => String::from("nothing sold yet"),
        (false, "") => amounts.join(" + "),
        (false, when) => format!("{} {when}", amounts.join(" + ")),
    }
}

fn compared(look: Look<'_>, head: &Head) -> Option<String> {
    let (before, _) = head.week_ago?;
    let change = marks::change(head.revenue.first()?.sum, before)?;
    Some(format!("{change} on last {}", last_week(look)))
}

/// The day of the week.
fn last_week(look: Look<'_>) -> String {
    frame::local(look.model, look.model.now).strftime("%a").to_string()
}

fn sales(head: &Head) -> String {
    marks::counted(head.sales, "sale", "sales")
}

fn reporting(head: &Head) -> String {
    format!("{} of {} outlets", head.reporting, head.outlets)
}

fn basket(head: &Head) -> String {
    let revenue = head.revenue.first().filter(|_| head.sales > 0);
    revenue.map_or(String::from("–"), |revenue| {
        Money::new(revenue.sum.decimal() / Decimal::from(head.sales)).grouped(0)
    })
}

fn lag(head: &Head) -> String {
    match head.lag_ms {
        None => String::from("–"),
        Some(ms @ 0..10_000) => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        Some(ms) => format!("{} s", marks::count(ms / 1_000)),
    }
}

/// How the stream stands, for a rule of so much room: while it is read to its end, how much comes and how late, if they fit.
pub fn standing(look: Look<'_>, room: usize) -> String {
    let (sign, words) = state(look);
    let head = &look.model.live.overview.head;
    let short = format!("{} {words}", dot(look, sign));
    let is_live = look.model.live.state == Some(LiveState::Live);
    if !is_live || head.lag_ms.is_none() {
        return short;
    }
    let pace = format!("{short} · {}/min", marks::count(head.per_minute));
    let whole = format!("{pace} · lag {}", lag(head));
    let fits = |words: &String| cells::width(words) <= room;
    [whole, pace].into_iter().find(fits).unwrap_or(short)
}

fn dot(look: Look<'_>, sign: Sign) -> &'static str {
    match sign {
        Sign::Good if !look.theme.ascii => "●",
        Sign::Good => "*",
        sign => look.theme.sign(sign),
    }
}

/// How the stream stands, in a few words.
pub fn state(look: Look<'_>) -> (Sign, String) {
    let age = |since: Timestamp| status::age(since, look.model.now);
    match &look.model.live.state {
        None => (Sign::Idle, String::from("not followed yet")),
        Some(LiveState::Connecting { since }) => (Sign::Idle, format!("connecting for {}", age(*since))),
        Some(LiveState::Live) => (Sign::Good, String::from("live")),
        Some(LiveState::CatchingUp { behind }) => (Sign::Warn, format!("{} behind", marks::count(*behind))),
        Some(LiveState::TopicMissing { since, .. }) => (Sign::Bad, format!("no topic for {}", age(*since))),
        Some(LiveState::Reconnecting { since, .. }) => (Sign::Bad, format!("away {}", age(*since))),
    }
}

/// Why it is away, and what to do, where it is.
pub fn why_away(live: &Live) -> Option<String> {
    match &live.state {
        Some(LiveState::TopicMissing { topic, .. }) => Some(format!("there is no topic {topic}: rxtill init makes it")),
        Some(LiveState::Reconnecting { reason, .. }) => Some(format!("what is shown is of before: {reason}")),
        _ => None,
    }
}

/// What is followed: whose, and from when.
pub fn what_is_followed(look: Look<'_>) -> String {
    let live = &look.model.live;
    let scope = match live.scope {
        LiveScope::Own => "this outlet",
        LiveScope::All => "all outlets",
    };
    let from = match live.from {
        LiveFrom::Now => String::from("from when it was opened"),
        LiveFrom::Today => String::from("from this morning"),
        LiveFrom::Beginning => String::from("from the first record"),
        LiveFrom::At(moment) => {
            let moment = frame::local(look.model, moment);
            let format = if moment.date() == look.model.today() {
                "from %H:%M"
            } else {
                "from %Y-%m-%d %H:%M"
            };
            moment.strftime(format).to_string()
        }
    };
    format!("{scope}, {from}")
}

/// What the stream held that is no ordinary event, as far as there was any.
pub fn counts(live: &Live) -> String {
    let counts = &live.overview.counts;
    let mut parts = Vec::new();
    for (count, one, several) in [
        (counts.repeats, "repeat dropped", "repeats dropped"),
        (counts.unreadable, "unreadable", "unreadable"),
        (counts.missing, "missing", "missing"),
        (counts.differs, "with other content", "with other content"),
        (counts.older, "of the older tracker", "of the older tracker"),
        (counts.far_off, "of a day far off", "of a day far off"),
        (counts.skipped, "row not shown, counted", "rows not shown, all counted"),
    ] {
        if count > 0 {
            parts.push(marks::counted(count, one, several));
        }
    }
    if parts.is_empty() {
        return marks::counted(counts.records, "record", "records");
    }
    parts.join(" · ")
}
