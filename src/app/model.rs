//! All that the screen shows. `update` changes it, `ui` reads it.
use std::collections::VecDeque;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::card::Card;
use super::dimension::Desks;
use super::dimension::prescriber::Settling;
use super::drawer::Drawer;
use super::goods::Goods;
use super::layer::Layer;
use super::live::{Live, LiveScope, Noting};
use super::looks::Looks;
use super::message::RequestId;
use super::palette::Palette;
use super::past::Past;
use super::picker::Picker;
use super::question::{About, Question};
use super::queue::{Queue, Striking};
use super::role::{Holder, Role};
use super::sale::{Draft, LastSale, Sale};
use super::scan::Typing;
use super::settings::Settings;
use super::shelf::Shelf;
use super::status::Status;
use super::stock::Due;
use super::usual::Habits;
use crate::domain::audit::Noted;
use crate::domain::catalogue::{Employee, Outlet};
use crate::domain::clock::ClockFault;
use crate::domain::dimension::Dimension;
use crate::domain::goods::{OutletBatches, OutletStock};
use crate::domain::heartbeat::Standing;

/// More alerts than this are not kept: the oldest go.
const MOST_ALERTS: usize = 50;

/// A scanner ends a code with a key sooner than this; a person presses one later.
const SUFFIX: SignedDuration = SignedDuration::from_millis(100);

/// Which screen is in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Screen {
    /// F2.
    #[default]
    Sale,
    /// F3.
    Live,
    /// F4 to F7.
    Dimension(Dimension),
    /// F8.
    Past,
    /// What is unsent or parked.
    Queue,
}

/// What lies over the screen and takes its keys.
#[derive(Debug, Clone)]
pub enum Over {
    /// Which keys do what here.
    Help(Help),
    /// Every command.
    Palette(Palette),
    /// A choice from a short list.
    Picker(Picker),
    /// What the drawer is opened for.
    Drawer(Drawer),
    /// The card of a drug.
    Card(Card),
    /// A question.
    Question(Question),
    /// A note on an alert.
    Note(Noting),
    /// Why a parked sale is struck.
    Strike(Striking),
}

/// Which keys do what, a page at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Help {
    /// Where.
    pub layer: Layer,
    /// So many pages were turned, back where negative: how many there are, the view knows, and it goes round.
    pub turned: isize,
}

/// How a notice is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It went well.
    Good,
    /// Something to know.
    Plain,
    /// Something to look at.
    Warn,
    /// It did not go, and why.
    Bad,
}

/// A line that says what just happened. It never takes the keyboard, and goes with the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How it is meant.
    pub tone: Tone,
    /// The words.
    pub text: String,
}

/// All that the screen shows.
#[derive(Debug, Clone)]
pub struct Model {
    /// What the configuration says.
    pub settings: Settings,
    /// Whether this is the till, a viewer beside it, or a supervisor's own screen.
    pub role: Role,
    /// When the last message was read.
    pub now: Timestamp,
    /// The screen in front.
    pub screen: Screen,
    /// What lies over it.
    pub over: Option<Over>,
    /// What just happened.
    pub notice: Option<Notice>,
    /// Database, stream and queue.
    pub status: Status,
    /// Why the till's own disk takes nothing: then nothing can be sold, and that is said before money changes hands.
    pub disk: Option<String>,
    /// How this machine's clock is off: then each sale says that its time is not to be believed.
    pub clock: Option<ClockFault>,
    /// What happened that a person should hear of, oldest first; each stays until Esc.
    pub alerts: VecDeque<String>,
    /// Drugs, prescribers, staff, outlets, tenders, taxes.
    pub shelf: Arc<Shelf>,
    /// The outlet that this till stands in.
    pub outlet: Option<Arc<Outlet>>,
    /// The outlet that was chosen, or in which the till stood last; the configuration comes before it.
    pub last_outlet: Option<Uuid>,
    /// Who sells.
    pub seller: Option<Arc<Employee>>,
    /// Who sold last, to be highlighted when somebody is to be chosen.
    pub last_seller: Option<Uuid>,
    /// Whether an empty start was chosen over the sample pharmacy.
    pub started_empty: bool,
    /// The sample pharmacy that is being loaded.
    pub loading_sample: Option<RequestId>,
    /// The sale screen.
    pub sale: Sale,
    /// The live screen.
    pub live: Live,
    /// The screen of what was sold before.
    pub past: Past,
    /// The screen of what is unsent or parked.
    pub queue: Queue,
    /// The screens of the dimensions.
    pub desks: Desks,
    /// What remains at this outlet by the book, where it was read.
    pub stock: Option<Arc<OutletStock>>,
    /// The batches of which some is left there.
    pub batches: Option<Arc<OutletBatches>>,
    /// What is known of the goods in sight beyond that.
    pub(super) goods: Goods,
    /// What is known of the usual of drugs.
    pub(super) habits: Habits,
    /// When a scan came where none is taken: the Enter behind it belongs to it.
    scan_ignored: Option<Timestamp>,
    /// What was typed before keys that may be a scan.
    pub(super) before_run: Option<Typing>,
    /// When stock and batches are to be read again.
    pub(super) stock_due: Due,
    /// What was on the counter when the till ended, until the catalogue is there.
    pub(super) recovering: Option<Recovering>,
    /// Where the till stands, and who sells, as was last told.
    pub(super) stands: Option<Standing>,
    /// What was last asked to be kept of the counter.
    pub(super) kept: Draft,
    /// What was noted during this update.
    pub(super) noted: Vec<Noted>,
    /// Goods that were looked up and not sold.
    pub(super) looks: Looks,
    /// Prescribers who are being confirmed or merged.
    pub(super) settling: Vec<Settling>,
    /// The number of the last request.
    requests: u64,
}

/// What was on the counter when the till ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recovering {
    /// The baskets.
    pub draft: Draft,
    /// The last sale, and its id: a basket of that id was sold.
    pub last: Option<(Uuid, LastSale)>,
    /// The outlet in which the till stood.
    pub outlet: Option<Uuid>,
}

impl Model {
    /// A till that was just opened, with what was on its counter when it ended.
    pub fn new(settings: Settings, now: Timestamp, recovering: Recovering) -> Self {
        let sale = Sale {
            last: recovering.last.as_ref().map(|(_, last)| last.clone()),
            ..Sale::default()
        };
        Self {
            settings,
            role: Role::Till,
            now,
            screen: Screen::default(),
            over: None,
            notice: None,
            status: Status::default(),
            disk: None,
            clock: None,
            alerts: VecDeque::new(),
            shelf: Arc::default(),
            outlet: None,
            last_outlet: recovering.outlet,
            seller: None,
            last_seller: None,
            started_empty: false,
            loading_sample: None,
            sale,
            live: Live::default(),
            past: Past::default(),
            queue: Queue::default(),
            desks: Desks::default(),
            stock: None,
            batches: None,
            goods: Goods::default(),
            habits: Habits::default(),
            scan_ignored: None,
            before_run: None,
            stock_due: Due::at(now),
            stands: None,
            kept: recovering.draft.clone(),
            recovering: Some(recovering),
            noted: Vec::new(),
            looks: Looks::default(),
            settling: Vec::new(),
            requests: 0,
        }
    }

    /// A viewer beside the open till, of which `outlet` is known.
    pub fn viewer(settings: Settings, holder: Holder, now: Timestamp, outlet: Option<Uuid>) -> Self {
        let nothing = Recovering {
            outlet,
            ..Recovering::default()
        };
        let mut model = Self::new(settings, now, nothing);
        model.mention(format!("a viewer, since {holder}: to look, not to sell"));
        model.role = Role::Viewer(holder);
        model.screen = Screen::Live;
        model
    }

    /// A supervisor's own screen: no till, no journal, no drawer. Without a name, who it is is asked for when it matters.
    pub fn supervisor(settings: Settings, name: Option<String>, now: Timestamp) -> Self {
        let mut model = Self::new(settings, now, Recovering::default());
        model.role = Role::Supervisor { name };
        model.screen = Screen::Live;
        model.live.scope = LiveScope::All;
        model.past.scope = LiveScope::All;
        model
    }

    /// The layer of keys in front.
    pub fn layer(&self) -> Layer {
        match (&self.over, self.screen) {
            (Some(Over::Help(_)), _) => Layer::Help,
            (Some(Over::Palette(_)), _) => Layer::Palette,
            (Some(Over::Picker(_)), _) => Layer::Picker,
            (Some(Over::Drawer(_)), _) => Layer::Drawer,
            (Some(Over::Card(_)), _) => Layer::Card,
            (Some(Over::Question(_)), _) => Layer::Question,
            (Some(Over::Note(_)), _) => Layer::Note,
            (Some(Over::Strike(_)), _) => Layer::Strike,
            (None, _) => self.screen_layer(),
        }
    }

    /// The layer of keys of the screen, whatever lies over it.
    pub fn screen_layer(&self) -> Layer {
        match self.screen {
            Screen::Sale if self.holder().is_some() => Layer::Bare,
            Screen::Sale if self.is_first_start() => Layer::Welcome,
            Screen::Sale => self.sale.layer(),
            Screen::Live if self.live.typing.is_some() => Layer::LiveFilter,
            Screen::Live => Layer::Live,
            Screen::Dimension(dimension) => self.desk_layer(dimension),
            Screen::Past => self.past_layer(),
            Screen::Queue => Layer::Queue,
        }
    }

    /// The number of a new request.
    pub fn request(&mut self) -> RequestId {
        self.requests += 1;
        RequestId(self.requests)
    }

    /// Says what went well.
    pub fn say(&mut self, text: impl Into<String>) {
        self.tell(Tone::Good, text);
    }

    /// Says something to know.
    pub fn mention(&mut self, text: impl Into<String>) {
        self.tell(Tone::Plain, text);
    }

    /// Says something to look at.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.tell(Tone::Warn, text);
    }

    /// Says something to know behind what was said just now.
    pub(super) fn mention_also(&mut self, text: &str) {
        match &mut self.notice {
            Some(notice) => {
                notice.text.push_str(" · ");
                notice.text.push_str(text);
            }
            None => self.mention(text),
        }
    }

    /// The day at the outlet.
    pub fn today(&self) -> Date {
        self.now.to_zoned(self.zone()).date()
    }

    /// Says what did not go, and why.
    pub fn refuse(&mut self, text: impl Into<String>) {
        self.tell(Tone::Bad, text);
    }

    /// A scan came where none is taken.
    pub(super) fn ignore_scan(&mut self, why: &str) {
        self.scan_ignored = Some(self.now);
        self.refuse(format!("scan ignored: {why}"));
    }

    /// Whether Enter or Tab comes so soon after an ignored scan that it is its last key.
    pub(super) fn ends_ignored_scan(&mut self) -> bool {
        let scanned = self.scan_ignored.take();
        scanned.is_some_and(|at| self.now.duration_since(at).abs() < SUFFIX)
    }

    /// Says what somebody should hear of; it stays until Esc.
    pub fn alert(&mut self, text: impl Into<String>) {
        self.alerts.push_back(text.into());
        if self.alerts.len() > MOST_ALERTS {
            self.alerts.pop_front();
        }
    }

    /// The oldest alert was read. Whether there was one.
    pub fn dismiss_alert(&mut self) -> bool {
        self.alerts.pop_front().is_some()
    }

    fn tell(&mut self, tone: Tone, text: impl Into<String>) {
        self.notice = Some(Notice {
            tone,
            text: text.into(),
        });
    }

    /// Puts a question in front.
    pub fn ask(&mut self, about: About) {
        self.over = Some(Over::Question(Question { about, seen_at: None }));
    }
}
