//! The outlets, worst first: the top rows are those to act on.
//!
//! ```text
//!    outlet              today KES sales %week  last hour     last
//!  ✕ Mtwapa                  8,120    19  -58%  ▂▃▃▂▁▁        34 min  SILENT
//!  ▲ Uhuru Corner           61,050   140  +12%  ▃▄▅▅▆▇█▇▆▅▆▇  2 s     cancelled baskets
//! ▶  Kilifi Bay             58,210   131   +9%  ▂▃▅▇▆▅▃▂▁▂▃▅  7 s
//! ```
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::{Area, marks, words};
use crate::app::Layer;
use crate::app::command::Command;
use crate::app::live::{LiveState, Pane};
use crate::app::status::age;
use crate::domain::supervision::overview::{OutletLine, OutletState};
use crate::ui::theme::Sign;
use crate::ui::{Look, Target, cells, row};

/// In fewer cells, an outlet has two rows.
const ONE_COLUMN: usize = 60;
/// From so many cells on, the region has a column.
const REGION: usize = 90;

/// Draws the outlets.
pub fn render(out: &mut Frame<'_>, area: Area, look: Look<'_>) {
    let live = &look.model.live;
    let outlets = live.outlets();
    let wide: usize = area.rect.width.into();
    let columns = Columns::of(wide, currency(&outlets).is_none());
    let headed = u16::from(columns.high == 1 && area.rect.height >= 4);
    if headed == 1 {
        let head = columns.head(&currency(&outlets).unwrap_or_default());
        out.render_widget(
            Line::styled(cells::cut(&head, wide), look.theme.faint()),
            row(area.rect, 0),
        );
    }
    if outlets.is_empty() {
        let words = cells::cut(&format!("   {}", nothing(look)), wide);
        out.render_widget(Line::styled(words, look.theme.faint()), row(area.rect, headed));
        return;
    }
    let at = live.outlet_at(&outlets);
    let lines = usize::from(area.rect.height - headed);
    // The last line says how many there are beside those that are seen.
    let is_cut = outlets.len() > lines / columns.high && lines > 4;
    let room = (lines - usize::from(is_cut)) / columns.high;
    let first = marks::first_row(at, room, |_| 1);
    let seen = outlets.iter().enumerate().skip(first).take(room);
    let mut y = headed;
    for (position, line) in seen {
        let here = position == at && area.has_keys;
        let sign = sign(line);
        let style = if here {
            look.theme.highlighted()
        } else {
            style(look, sign)
        };
        for text in columns.lines(look, line, sign, here) {
            out.render_widget(Line::styled(cells::left(&text, wide), style), row(area.rect, y));
            area.add_row(look, y, position, at);
            y += 1;
        }
    }
    if is_cut {
        let more = outlets.len() - room.min(outlets.len());
        let part = cells::part(first, room, outlets.len());
        let words = cells::ends(
            &format!("   … {more} more"),
            &format!("{part}, worst first ").replace(" ,", ","),
            wide,
        );
        out.render_widget(
            Line::styled(words, look.theme.faint()),
            row(area.rect, area.rect.height - 1),
        );
    }
}

/// What the pane is called beside its key: the region alone of which outlets are listed.
pub fn title(look: Look<'_>) -> String {
    match &look.model.live.region {
        Some(region) => format!("outlets in {region}"),
        None => String::from("outlets"),
    }
}

/// The currency of all of them; none where there are several.
fn currency(outlets: &[&OutletLine]) -> Option<String> {
    let first = outlets.first()?.revenue.currency.clone();
    outlets
        .iter()
        .all(|line| line.revenue.currency == first)
        .then_some(first)
}

fn nothing(look: Look<'_>) -> String {
    let live = &look.model.live;
    let key = |command| {
        let key = look.keymap.key_in(Layer::Live, command);
        key.map(|key| key.to_string()).unwrap_or_default()
    };
    match &live.state {
        Some(LiveState::Live) => format!(
            "nothing yet: an outlet shows here once it sells · {} from when",
            key(Command::FromWhen)
        ),
        Some(LiveState::CatchingUp { .. }) => String::from("reading what was sold so far …"),
        _ => format!("nothing was read yet · {} all outlets", key(Command::Scope)),
    }
}

/// The sign of how it stands.
fn sign(line: &OutletLine) -> Sign {
    match &line.state {
        OutletState::Well if line.unsent > 0 || !line.is_known => Sign::Warn,
        OutletState::Well => Sign::Here,
        OutletState::Closed { .. } => Sign::Idle,
        OutletState::Silent { .. } => Sign::Bad,
        OutletState::CutOff { .. } => Sign::Warn,
        OutletState::Alert { severity, .. } => words::sign(*severity),
    }
}

fn style(look: Look<'_>, sign: Sign) -> Style {
    match sign {
        Sign::Idle => look.theme.faint(),
        sign => look.theme.style(sign),
    }
}

/// How it stands, in a word or two.
fn state(look: Look<'_>, line: &OutletLine, is_short: bool) -> String {
    let since = |since| age(since, look.model.now);
    match &line.state {
        OutletState::Well if line.unsent > 0 => format!("unsent {}", line.unsent),
        OutletState::Well if !line.is_known => String::from("in no catalogue"),
        OutletState::Well => String::new(),
        OutletState::Closed { opens: Some(opens) } => format!("opens {opens}"),
        OutletState::Closed { opens: None } => String::from("closed"),
        OutletState::Silent { .. } if is_short => String::from("SILENT"),
        OutletState::CutOff { .. } if is_short => String::from("NO LINK"),
        OutletState::Silent { since: at } => format!("SILENT {}", since(*at)),
        OutletState::CutOff { since: at } => format!("NO LINK {}", since(*at)),
        OutletState::Alert { rule, .. } => rule.title().to_owned(),
    }
}

/// How many cells each column has; 0: it is left out.
struct Columns {
    wide: usize,
    high: usize,
    name: usize,
    region: usize,
    revenue: usize,
    change: usize,
    note: usize,
}

impl Columns {
    fn of(wide: usize, several_currencies: bool) -> Self {
        let high = if wide < ONE_COLUMN { 2 } else { 1 };
        let region = if wide >= REGION { 10 } else { 0 };
        let revenue = 11 + 4 * usize::from(several_currencies);
        let change = if wide >= 70 { 6 } else { 0 };
        // Sign, sales, last hour, last sale, and what parts them.
        let spare = wide.saturating_sub(3 + region + revenue + 6 + change + 2 + 12 + 2 + 7);
        // Beside other panes, a word is enough: they say the rest.
        let note = if wide < 76 { spare.min(8) } else { (spare / 2).min(26) };
        Self {
            wide,
            high,
            name: spare - note,
            region,
            revenue,
            change,
            note,
        }
    }

    fn head(&self, currency: &str) -> String {
        let revenue = format!("{currency} today");
        let change = if self.change > 0 {
            cells::right("%week", self.change)
        } else {
            String::new()
        };
        let region = cells::left("region", self.region);
        format!(
            "   {}{region}{}{}{change}  {}  {}",
            cells::left("outlet", self.name),
            cells::right(revenue.trim(), self.revenue),
            cells::right("sales", 6),
            cells::left("last hour", 12),
            cells::left("last", 7),
        )
    }

    fn lines(&self, look: Look<'_>, line: &OutletLine, sign: Sign, here: bool) -> Vec<String> {
        let mark = if here { look.theme.sign(Sign::Here) } else { " " };
        let shape = if sign == Sign::Here { " " } else { look.theme.sign(sign) };
        let last = line.last_sale.map_or(String::from("–"), |at| age(at, look.model.now));
        let spark = marks::sparkline(&line.last_hour, look.theme.ascii);
        let is_short = self.high == 1 && self.note < 14;
        let state = state(look, line, is_short);
        let revenue = |room| {
            let amount = marks::short(line.revenue.sum, room);
            if self.revenue > 11 {
                format!("{} {amount}", line.revenue.currency)
            } else {
                amount
            }
        };
        if self.high == 2 {
            let end = format!("{}{} ", revenue(11), cells::right(&marks::count(line.sales), 6));
            let first = cells::ends(&format!("{mark}{shape} {}", line.name), &end, self.wide);
            let second = format!("   {} {} {state}", cells::left(&spark, 12), cells::left(&last, 8));
            return vec![first, second];
        }
        let change = line.week_ago.and_then(|before| marks::change(line.revenue.sum, before));
        let change = match self.change {
            0 => String::new(),
            room => cells::right(&change.unwrap_or_default(), room),
        };
        let region = match self.region {
            0 => String::new(),
            room => cells::left(&cells::cut(&line.region, room - 1), room),
        };
        let name = cells::cut(&line.name, self.name.saturating_sub(1));
        let line = format!(
            "{mark}{shape} {}{region}{}{}{change}  {}  {}{}",
            cells::left(&name, self.name),
            cells::right(&revenue(10), self.revenue),
            cells::right(&marks::count(line.sales), 6),
            cells::left(&spark, 12),
            cells::left(&last, 7),
            cells::left(&state, self.note),
        );
        vec![line]
    }
}

/// The pane's key presses it; a row comes to the highlight.
impl Area {
    /// Something of the pane can be clicked there.
    pub(super) fn add_row(&self, look: Look<'_>, y: u16, position: usize, at: usize) {
        if self.has_keys {
            let accept = Some(Command::Accept);
            look.places.add_row(row(self.rect, y), position, Some(at), accept);
        }
    }

    /// The wheel moves in the pane that has the keys; a click on another one gives them to it.
    pub(super) fn add(&self, look: Look<'_>, pane: Pane) {
        let key = look.keymap.key_in(Layer::Live, Command::LivePane(pane));
        match key {
            _ if self.has_keys => look.places.add(self.rect, Target::Scroll),
            Some(key) => look.places.add(self.rect, Target::Press(key)),
            None => {}
        }
    }

    /// The same pane, in another place.
    pub(super) fn at(&self, rect: Rect) -> Self {
        Self { rect, ..*self }
    }
}
