//! A whole till on a test backend: the real loop, hands, sync, relay and feed; keys in, the drawn screen out.
use std::convert::Infallible;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossterm::event::{Event, KeyCode as Code, KeyEvent, KeyModifiers};
use futures_util::Stream;
use futures_util::stream::poll_fn;
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, TestBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use rxtill::app::Settings;
use rxtill::app::settings::OversellRule;
use rxtill::domain::clock::Clock;
use rxtill::domain::supervision::Thresholds;
use rxtill::keymap::{Key, KeyCode, Keymap};
use rxtill::runtime::catalogue::CatalogueSource;
use rxtill::runtime::clock::SystemClock;
use rxtill::runtime::hands::Stores;
use rxtill::runtime::input::Scanner;
use rxtill::runtime::screen::{Opened, Parts, ScreenError, run_on};
use rxtill::runtime::till::TillPlan;
use rxtill::runtime::watching::{self, WatchParts};
use rxtill::store::star::Store;
use rxtill::store::sync::SyncOptions;
use rxtill::stream::settings::KafkaSettings;
use rxtill::ui::Theme;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use super::till::text_of;

/// For anything that must happen. Never reached unless it does not.
pub const BOUND: Duration = Duration::from_mins(1);

/// What a till is opened with, beside its data folder.
#[derive(Clone)]
pub struct Place {
    /// The store of record, with a schema and a catalogue.
    pub store: Store,
    /// The brokers, if there are any.
    pub kafka: Option<KafkaSettings>,
    /// Whether the store is a server's.
    pub has_server: bool,
}

/// Opens a till in Mirema meds as `rxtill` does, or looks on beside it where it is open.
pub async fn parts(till: &str, folder: &Path, place: &Place, clock: Arc<dyn Clock>) -> Parts {
    // A clerk waits for as long as a loaded machine may take: it is no timing that is tested here.
    parts_waiting(BOUND, till, folder, place, clock).await
}

/// The same, where a clerk waits for the database for so long.
pub async fn parts_waiting(
    commit_wait: Duration,
    till: &str,
    folder: &Path,
    place: &Place,
    clock: Arc<dyn Clock>,
) -> Parts {
    let plan = TillPlan {
        till: till.parse().unwrap(),
        data_dir: folder.to_owned(),
        store: place.store.clone(),
        options: SyncOptions::new(commit_wait, !place.has_server, 7),
        kafka: place.kafka.clone(),
        tidying: None,
        outlet: None,
        clock: Arc::clone(&clock),
    };
    let opened = Opened::open(plan).await.unwrap();
    let cache_in = place.has_server.then_some(folder);
    let (catalogue, kept) = CatalogueSource::open(place.store.clone(), cache_in).await;
    Parts {
        opened,
        stores: Stores {
            till: place.store.clone(),
            office: place.store.clone(),
        },
        kafka: place.kafka.clone(),
        catalogue,
        kept,
        drawer: None,
        settings: Settings {
            till: till.parse().unwrap(),
            outlet: Some("Mirema meds".to_owned()),
            oversell: OversellRule::Ask,
            bell: true,
            alert_sound: false,
            has_server: place.has_server,
            mouse: true,
            has_drawer: false,
        },
        keymap: Keymap::default(),
        scanner: Scanner::default(),
        thresholds: Thresholds::default(),
        theme: Theme::default(),
        clock,
        log: None,
    }
}

/// A till at work.
pub struct Running {
    keys: mpsc::UnboundedSender<Event>,
    pressed: usize,
    screen: watch::Receiver<Drawn>,
    ended: oneshot::Receiver<Result<(), ScreenError>>,
}

/// A frame as it was drawn.
#[derive(Debug, Clone, Default)]
struct Drawn {
    text: String,
    /// So many keys had been taken in.
    taken: usize,
}

/// Between two keys. What comes within 35 ms may be a scan (COUNTER 2.2).
const HAND: Duration = Duration::from_millis(40);

impl Running {
    /// Opens it, and lets it work: a viewer, where the folder has an open till.
    pub async fn open(till: &str, folder: &Path, place: &Place) -> Self {
        Self::made_of(parts(till, folder, place, Arc::new(SystemClock)).await)
    }

    /// Lets a till work that was opened already.
    pub fn made_of(parts: Parts) -> Self {
        Self::on(|terminal, events| run_on(parts, terminal, events, std::future::pending(), || ()))
    }

    /// Lets a supervisor's screen work.
    pub fn watching(parts: WatchParts) -> Self {
        Self::on(|terminal, events| watching::run_on(parts, terminal, events, std::future::pending(), || ()))
    }

    fn on<F>(work: impl FnOnce(Terminal<Glass>, Events) -> F) -> Self
    where
        F: Future<Output = Result<(), ScreenError>> + Send + 'static,
    {
        let (keys, events, taken) = keyboard();
        let (shown, screen) = watch::channel(Drawn::default());
        let glass = Glass {
            inner: TestBackend::new(120, 40),
            shown,
            taken,
        };
        let terminal = Terminal::new(glass).unwrap();
        let (end, ended) = oneshot::channel();
        let working = Box::pin(work(terminal, events));
        spawn(async move {
            let done = working.await;
            let _ = end.send(done);
        });
        Self {
            keys,
            pressed: 0,
            screen,
            ended,
        }
    }

    /// The same, once John was chosen to sell.
    pub async fn open_for_john(till: &str, folder: &Path, place: &Place) -> Self {
        let mut till = Self::open(till, folder, place).await;
        till.choose_john().await;
        till
    }

    /// Says that John sells.
    pub async fn choose_john(&mut self) {
        self.shows("who sells?").await;
        self.write("john").await;
        self.press("Enter").await;
        self.shows("John sells").await;
    }

    /// Keys one after the other, by name; each has been taken in and drawn before the next.
    pub async fn press(&mut self, keys: &str) {
        for key in keys.split(' ') {
            self.key(key.parse().unwrap()).await;
        }
    }

    /// Characters, each as a key of its own.
    pub async fn write(&mut self, text: &str) {
        for c in text.chars() {
            self.key(Key::plain(KeyCode::Char(c))).await;
        }
    }

    /// At the pace of a quick hand: whoever writes faster is a scanner to the till.
    async fn key(&mut self, key: Key) {
        tokio::time::sleep(HAND).await;
        self.keys.send(event(key)).unwrap();
        self.pressed += 1;
        let pressed = self.pressed;
        self.drawn(&format!("the {pressed}. key, {key:?}, is taken in"), |drawn| {
            drawn.taken >= pressed
        })
        .await;
    }

    /// Waits until the screen shows these words; gives the screen.
    pub async fn shows(&mut self, words: &str) -> String {
        self.drawn(words, |drawn| drawn.text.contains(words)).await
    }

    /// Waits until the screen shows these words no more.
    pub async fn lacks(&mut self, words: &str) {
        let what = format!("the screen without {words}");
        self.drawn(&what, |drawn| !drawn.text.contains(words)).await;
    }

    async fn drawn(&mut self, what: &str, wanted: impl FnMut(&Drawn) -> bool) -> String {
        let drawn = timeout(BOUND, self.screen.wait_for(wanted)).await;
        if let Ok(Ok(drawn)) = drawn {
            return drawn.text.clone();
        }
        drop(drawn);
        let screen = &self.screen.borrow().text;
        let ended = self.ended.try_recv();
        panic!("waited for “{what}”; the till ended: {ended:?}; its screen:\n{screen}")
    }

    /// Sells what is in the basket for exact cash; gives the receipt's number once the screen says “committed”.
    pub async fn sell_for_cash(&mut self) -> String {
        let before = last_receipt(&self.screen.borrow().text);
        self.press("+ Enter").await;
        self.sold_after(before).await
    }

    /// The same for a basket that was sold a moment ago: whether that is meant is asked, and it is.
    pub async fn sell_again_for_cash(&mut self) -> String {
        let before = last_receipt(&self.screen.borrow().text);
        self.press("+").await;
        self.shows("Sell it again? y").await;
        // A key that comes sooner than somebody can have read the question is no answer.
        tokio::time::sleep(Duration::from_millis(300)).await;
        self.press("y Enter").await;
        self.sold_after(before).await
    }

    async fn sold_after(&mut self, before: Option<String>) -> String {
        let sold = |drawn: &Drawn| drawn.text.contains("committed") && last_receipt(&drawn.text) != before;
        let screen = self.drawn("committed", sold).await;
        last_receipt(&screen).unwrap_or_else(|| panic!("no receipt:\n{screen}"))
    }

    /// Closes it as a person does.
    pub async fn quit(mut self) {
        self.press("Ctrl+Q").await;
        let closing = async {
            loop {
                // A key that comes too soon after the question was not meant for it: then once more.
                let _ = self.keys.send(event(Key::plain(KeyCode::Char('y'))));
                if let Ok(done) = timeout(Duration::from_millis(300), &mut self.ended).await {
                    return done;
                }
            }
        };
        let done = timeout(BOUND, closing).await.expect("the till did not close");
        done.expect("the till panicked").unwrap();
    }
}

/// The receipt in the line of the last sale.
fn last_receipt(screen: &str) -> Option<String> {
    let last = screen.lines().find_map(|line| line.strip_prefix(" last "))?;
    last.split_whitespace().next().map(str::to_owned)
}

fn event(key: Key) -> Event {
    let code = match key.code {
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::F(number) => Code::F(number),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        other => panic!("no test has pressed {other:?} yet"),
    };
    let modifiers = if key.ctrl {
        KeyModifiers::CONTROL
    } else {
        KeyModifiers::NONE
    };
    Event::Key(KeyEvent::new(code, modifiers))
}

/// Keys as the loop reads them.
type Events = Pin<Box<dyn Stream<Item = io::Result<Event>> + Send>>;

/// Where a test's keys go in, where the loop reads them, and how many it has read.
fn keyboard() -> (mpsc::UnboundedSender<Event>, Events, Arc<AtomicUsize>) {
    let (keys, mut pressed) = mpsc::unbounded_channel();
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    let events = poll_fn(move |cx| {
        pressed.poll_recv(cx).map(|event: Option<Event>| {
            count.fetch_add(1, Ordering::Relaxed);
            event.map(Ok)
        })
    });
    (keys, Box::pin(events), taken)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no runtime layer to start its tasks"
)]
fn spawn(till: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(till);
}

/// A test backend that shows each frame to somebody outside the loop.
struct Glass {
    inner: TestBackend,
    shown: watch::Sender<Drawn>,
    taken: Arc<AtomicUsize>,
}

impl Backend for Glass {
    type Error = Infallible;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), Infallible>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        self.inner.draw(content)
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        self.inner.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> Result<(), Infallible> {
        self.inner.clear_region(clear_type)
    }

    fn size(&self) -> Result<Size, Infallible> {
        self.inner.size()
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        self.inner.window_size()
    }

    /// The end of a frame.
    fn flush(&mut self) -> Result<(), Infallible> {
        self.inner.flush()?;
        self.shown.send_replace(Drawn {
            text: text_of(self.inner.buffer()),
            taken: self.taken.load(Ordering::Relaxed),
        });
        Ok(())
    }
}
