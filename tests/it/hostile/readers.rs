//! Each reader of bytes from outside, as a function of bytes alone. It fails where a wall is broken: a panic, text that
//! could steer a terminal, a sum that is not exact. The tests give it seeds, finds of before and damaged samples; `fuzz/`
//! gives it whatever the fuzzer comes upon.
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use crossterm::event::{Event, KeyCode as Code, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use csv::ByteRecord;
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use rxtill::app::live::LiveNews;
use rxtill::app::model::Recovering;
use rxtill::app::{Message, Model, Shelf};
use rxtill::cli::sell;
use rxtill::config::{Config, Overrides};
use rxtill::domain::catalogue::{Catalogue, CatalogueChanges};
use rxtill::domain::chain::Hash;
use rxtill::domain::clock::Clock;
use rxtill::domain::dimension::Dimension;
use rxtill::domain::event::{EventTopic, RowIds, SaleEvent, StreamEvent};
use rxtill::domain::name::is_unprintable;
use rxtill::domain::sale::{SaleFlag, SaleRecord};
use rxtill::domain::scan::Label;
use rxtill::domain::sightings::Sightings;
use rxtill::domain::supervision::{Kept, Record, Rows, StreamRow, Supervision, Thresholds};
use rxtill::domain::totals::PairTotal;
use rxtill::runtime::import::{ImportJob, RefusedRows, import, unpacked};
use rxtill::runtime::input::{Read, Reader, Scanner};
use rxtill::runtime::sample::load_sample;
use rxtill::runtime::{recover, simulate, translate};
use rxtill::store::engine::{Dialect, Engine, Row, Transaction, Value};
use rxtill::store::error::EngineError;
use rxtill::store::journal::{Journal, JournalReader, JournalSale, SaleState};
use rxtill::store::migrate::{InitIds, init};
use rxtill::store::sqlite::SqliteEngine;
use rxtill::store::star::Store;
use rxtill::stream::admin::check_topics;
use rxtill::stream::settings::{KafkaSettings, Tls};
use rxtill::ui::Theme;
use tokio::runtime::Runtime;
use tokio::time::Instant;
use uuid::Uuid;

use crate::support::till::Till;

/// Its name, and what reads.
type Named = (&'static str, fn(&[u8]));

/// All of them, by the names of the fuzz targets.
pub const READERS: [Named; 14] = [
    ("answers", answers),
    ("config", config),
    ("document", document),
    ("draft", draft),
    ("event", event),
    ("import", import_file),
    ("journal", journal),
    ("kafka_answer", kafka_answer),
    ("kept_watch", kept_watch),
    ("keys", keys),
    ("paste", paste),
    ("scan", scan),
    ("sell", sell_line),
    ("totals", totals),
];

/// A morning that does not go on.
struct Morning;

impl Clock for Morning {
    fn now(&self) -> Timestamp {
        now()
    }

    fn new_id(&self) -> Uuid {
        static IDS: AtomicU64 = AtomicU64::new(1);
        Uuid::from_u128(IDS.fetch_add(1, Ordering::Relaxed).into())
    }
}

fn now() -> Timestamp {
    "2026-03-02T06:00:00Z".parse().unwrap()
}

fn waiting<T>(work: impl Future<Output = T>) -> T {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(1).enable_all().build().unwrap()
    });
    runtime.block_on(work)
}

/// What a till knows of the sample pharmacy, read once.
fn sample() -> CatalogueChanges {
    static SAMPLE: OnceLock<CatalogueChanges> = OnceLock::new();
    let read = || {
        let folder = tempfile::tempdir().unwrap();
        waiting(async {
            let engine = Arc::new(SqliteEngine::open(&folder.path().join("store.sqlite")).await.unwrap());
            let ids = InitIds {
                epoch: Uuid::from_u128(1),
                runner: Uuid::from_u128(2),
            };
            init(engine.as_ref(), ids).await.unwrap();
            let store = Store::new(engine);
            load_sample(&store, &Morning).await.unwrap();
            store.catalogue_changes((Uuid::nil(), 0)).await.unwrap()
        })
    };
    SAMPLE.get_or_init(read).clone()
}

/// A till at which John sells, reopened with what was left on its counter.
fn till(left: Recovering) -> Till {
    static SHELF: OnceLock<Arc<Shelf>> = OnceLock::new();
    let shelf = SHELF.get_or_init(|| {
        let mut shelf = Shelf::default();
        shelf.apply(sample());
        Arc::new(shelf)
    });
    let mut till = Till::reopened(left, CatalogueChanges::default());
    till.tell(Message::CatalogueChanged(Arc::clone(shelf)));
    if till.model.outlet.is_none() {
        till.write("mirema");
        till.press("Enter");
    }
    if till.model.seller.is_none() {
        till.write("john");
        till.press("Enter");
    }
    till.wanted();
    till
}

/// No text of it steers a terminal.
fn assert_printable(text: &str) {
    assert!(!text.contains(is_unprintable), "{text:?}");
}

/// The same for every cell of a screen, and no character stands over its edge.
fn assert_clean(buffer: &Buffer) {
    for y in 0..buffer.area.height {
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            assert!(!symbol.contains(is_unprintable), "{symbol:?} at {x},{y}");
            let wide = unicode_width::UnicodeWidthStr::width(symbol);
            assert!(
                usize::from(x) + wide <= usize::from(buffer.area.width),
                "{symbol:?} at {x},{y}"
            );
        }
    }
}

fn assert_drawn_clean(till: &Till) {
    for (wide, high) in [(80, 24), (45, 20), (20, 5)] {
        assert_clean(&till.drawn_in(Theme::default(), wide, high));
    }
}

/// A record of the topics: the first byte says of which.
pub fn event(bytes: &[u8]) {
    let Some((first, value)) = bytes.split_first() else {
        return;
    };
    let topic = if first % 2 == 0 {
        EventTopic::Sales
    } else {
        EventTopic::Audit
    };
    let event = StreamEvent::read_from(topic, Some(value));
    let mut all = Supervision::new(Thresholds::default());
    match &event {
        Err(reason) => assert_printable(&reason.to_string()),
        Ok(event) => {
            let row = StreamRow::of(event, now());
            for text in [
                &row.outlet,
                &row.till,
                &row.employee,
                &row.doctor,
                &row.what,
                &row.receipt,
            ] {
                assert_printable(text);
            }
            Sightings::default().note(event, 0, 1);
            // What cannot be counted is said, and counts nothing.
            let mut total = PairTotal::before(event);
            if total.count(event, None).is_ok()
                && let Ok(value) = total.value()
            {
                PairTotal::read(value.as_bytes()).unwrap();
            }
        }
    }
    for offset in 0..2 {
        let event = event.clone();
        all.take(
            Record {
                topic,
                partition: 0,
                offset,
                received_at: now(),
                event,
            },
            now(),
        );
    }
    all.tick(now(), false);
    let overview = Arc::new(all.overview(now()));
    let rows = all.filter(0, rxtill::domain::supervision::LiveFilter::default()).0;
    let alerts = all.untold();
    let mut till = till_watching();
    till.press("F3");
    let feed = till.model.live.feed;
    for news in [
        LiveNews::Overview(overview),
        rows_of(&till.model, rows),
        LiveNews::Alerts(alerts),
    ] {
        till.tell(Message::LiveChanged { feed, news });
    }
    for key in ["1", "2", "4"] {
        till.press(key);
        assert_clean(&till.drawn_in(Theme::default(), 80, 24));
    }
}

fn rows_of(model: &Model, rows: Rows) -> LiveNews {
    LiveNews::Rows {
        filter: model.live.stream.filter.number,
        rows: rows.rows,
        skipped: rows.skipped,
    }
}

fn till_watching() -> Till {
    Till::watching(Some("Wanjiku"), CatalogueChanges::default())
}

/// A value of the totals topic.
pub fn totals(bytes: &[u8]) {
    match PairTotal::read(bytes) {
        Err(reason) => assert_printable(&reason.to_string()),
        Ok(total) => {
            let again = total.value().and_then(|value| PairTotal::read(value.as_bytes()));
            assert_eq!(again.map(|again| again.pair()), Ok(total.pair()));
        }
    }
}

/// What a supervisor's program kept.
pub fn kept_watch(bytes: &[u8]) {
    let Ok(kept) = serde_json::from_slice::<Kept>(bytes) else {
        return;
    };
    let Ok(mut all) = Supervision::restored(Thresholds::default(), kept) else {
        return;
    };
    all.tick(now(), false);
    let overview = Arc::new(all.overview(now()));
    let mut till = till_watching();
    till.press("F3");
    let feed = till.model.live.feed;
    till.tell(Message::LiveChanged {
        feed,
        news: LiveNews::Overview(overview),
    });
    assert_clean(&till.drawn_in(Theme::default(), 120, 40));
    serde_json::to_vec(&all.kept()).unwrap();
}

/// A file for `import`, packed or not: the first byte says into which dimension.
pub fn import_file(bytes: &[u8]) {
    let Some((first, file)) = bytes.split_first() else {
        return;
    };
    let job = ImportJob {
        dimension: Dimension::ALL[usize::from(*first) % Dimension::ALL.len()],
        maps: &[],
        sets: &[],
        by: "office",
        clock: &Morning,
    };
    let Ok(text) = unpacked(file) else { return };
    // What could be loaded is refused by the store: all was read before.
    let _ = waiting(import(&Store::new(Arc::new(Nowhere)), text, &job, &mut Told));
}

/// How much is read of a file whose row does not end.
#[cfg(test)]
pub fn read_of_an_endless_row() -> u64 {
    struct Endless<'a>(&'a AtomicU64);
    impl std::io::Read for Endless<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            buffer.fill(b'a');
            self.0.fetch_add(buffer.len() as u64, Ordering::Relaxed);
            Ok(buffer.len())
        }
    }
    let read = AtomicU64::new(0);
    let job = ImportJob {
        dimension: Dimension::Outlet,
        maps: &[],
        sets: &[],
        by: "office",
        clock: &Morning,
    };
    let header = "name\n".as_bytes();
    let file = std::io::Read::chain(header, Endless(&read));
    let report = waiting(import(&Store::new(Arc::new(Nowhere)), file, &job, &mut Told)).unwrap();
    let why = report.cut_off.unwrap();
    assert!(why.contains("a row is longer than"), "{why}");
    read.load(Ordering::Relaxed)
}

/// Where refused rows go.
struct Told;

impl RefusedRows for Told {
    fn refuse(&mut self, _: &ByteRecord, _: &ByteRecord, _: u64, _: &str) -> std::io::Result<()> {
        Ok(())
    }
}

/// A store that takes nothing.
struct Nowhere;

#[async_trait]
impl Engine for Nowhere {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    async fn execute(&self, _: &str, _: Vec<Value>) -> Result<u64, EngineError> {
        Err(EngineError::Permanent("nowhere".to_owned()))
    }

    async fn query(&self, _: &str, _: Vec<Value>) -> Result<Vec<Row>, EngineError> {
        Err(EngineError::Permanent("nowhere".to_owned()))
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, EngineError> {
        Err(EngineError::Permanent("nowhere".to_owned()))
    }
}

/// A line of `sell`.
pub fn sell_line(bytes: &[u8]) {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    let catalogue = CATALOGUE.get_or_init(|| {
        let mut catalogue = Catalogue::default();
        catalogue.apply(sample());
        catalogue
    });
    let outlet = Arc::clone(&catalogue.outlets()[0]);
    if let Ok((agreed, _)) = sell::agreed(bytes, &outlet, now(), catalogue) {
        let lines = agreed.lines.iter().map(|line| line.total).sum();
        assert_eq!(agreed.total, lines, "a total is the sum of its lines");
        let paid = agreed.payments.iter().map(|paid| paid.amount).sum();
        assert_eq!(agreed.total, paid, "what is paid is the total");
    }
}

/// A configuration file.
pub fn config(bytes: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let overrides = Overrides {
        file: Some(file.path().to_owned()),
        ..Overrides::default()
    };
    if let Err(error) = Config::load(overrides, &|_| None) {
        assert!(!error.to_string().is_empty());
    }
}

/// What was left on a counter, as the journal kept it.
pub fn draft(bytes: &[u8]) {
    let mut till = till(recover::recovering(None, Some(bytes)));
    assert_drawn_clean(&till);
    for key in ["+", "Esc", "F9", "F9", "Enter", "Esc", "+", "Enter", "F2"] {
        till.press(key);
    }
    assert_drawn_clean(&till);
}

/// A sale's bytes, as journal and store keep them.
pub fn document(bytes: &[u8]) {
    let hash = Hash::GENESIS.then(bytes);
    let Ok(record) = SaleRecord::read(Hash::GENESIS, hash, bytes.to_vec(), vec![SaleFlag::ClockSuspect]) else {
        return;
    };
    let ids = RowIds {
        outlet: 1,
        employee: 1,
        doctor: 1,
        drugs: vec![1; record.document.sale.lines.len()],
    };
    for event in SaleEvent::of(&record, &ids) {
        let text = serde_json::to_vec(&event).unwrap();
        // An event that no reader takes would stand in every till's way.
        let _ = StreamEvent::read(Some(&text));
    }
    let sale = JournalSale {
        record,
        state: SaleState::Queued,
    };
    let last = translate::last_sale(&sale).map(|last| (sale.record.sale_id(), last));
    let left = Recovering {
        last,
        outlet: None,
        ..Recovering::default()
    };
    assert_drawn_clean(&till(left));
}

/// A run's answers.
pub fn answers(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("answers.jsonl"), bytes).unwrap();
    let _ = simulate::answers::read(folder.path());
}

/// A scan.
pub fn scan(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let label = Label::read(&text, now().to_zoned(jiff::tz::TimeZone::UTC).date());
    assert!(label.code.len() <= text.len());
    let mut till = till(Recovering::default());
    till.scan(&text);
    assert_drawn_clean(&till);
    till.scan(&text);
    till.press("+");
    assert_drawn_clean(&till);
}

/// Pasted text, on the screen that the first byte names.
pub fn paste(bytes: &[u8]) {
    let Some((first, text)) = bytes.split_first() else {
        return;
    };
    let text = String::from_utf8_lossy(text);
    let mut till = till(Recovering::default());
    let ways: [&[&str]; 8] = [
        &[],
        &["F1"],
        &["F3", "/"],
        &["F4", "/"],
        &["F4", "Ctrl+N"],
        &["F5", "Ctrl+N"],
        &["F8", "/"],
        &[":"],
    ];
    for key in ways[usize::from(*first) % ways.len()] {
        till.press(key);
    }
    till.tell(Message::Pasted(text.clone().into_owned()));
    assert_drawn_clean(&till);
    till.press("Enter");
    assert_drawn_clean(&till);
}

/// What comes from a terminal: two bytes an event, and how long after the one before.
pub fn keys(bytes: &[u8]) {
    let mut till = till(Recovering::default());
    let mut reader = Reader::new(Scanner::default());
    let mut at = Instant::now();
    for pair in bytes.chunks_exact(2).take(200) {
        at += Duration::from_millis([1, 5, 34, 36, 80, 149, 151, 400][usize::from(pair[0] >> 5)]);
        reader.lapsed(at);
        tell(&mut till, &mut reader);
        reader.arrived([event_of(pair[0] & 31, pair[1])], Read { at, is_timed: true });
        tell(&mut till, &mut reader);
    }
    reader.lapsed(at + Duration::from_secs(1));
    tell(&mut till, &mut reader);
    assert_drawn_clean(&till);
}

fn tell(till: &mut Till, reader: &mut Reader) {
    while let Some(input) = reader.next_input(&till.keymap, &till.model) {
        if let Some(message) = reader.meaning(input, &till.keymap, &till.model) {
            till.tell(message);
        }
    }
}

fn event_of(kind: u8, what: u8) -> Event {
    let key = |code, modifiers| Event::Key(KeyEvent::new(code, modifiers));
    let mouse = |kind| {
        Event::Mouse(MouseEvent {
            kind,
            column: u16::from(what) % 80,
            row: u16::from(what) / 10,
            modifiers: KeyModifiers::NONE,
        })
    };
    let named = [
        Code::Enter,
        Code::Esc,
        Code::Backspace,
        Code::Delete,
        Code::Up,
        Code::Down,
        Code::Left,
        Code::Right,
        Code::Home,
        Code::End,
        Code::PageUp,
        Code::PageDown,
        Code::Tab,
        Code::BackTab,
        Code::Null,
        Code::Insert,
    ];
    match kind {
        0..=9 => key(Code::Char(char::from(what)), KeyModifiers::NONE),
        10..=17 => key(named[usize::from(what) % named.len()], KeyModifiers::NONE),
        18..=21 => key(Code::F(what % 13), KeyModifiers::NONE),
        22 | 23 => key(Code::Char(char::from(b'a' + what % 26)), KeyModifiers::CONTROL),
        24 => key(Code::Char(char::from(what)), KeyModifiers::ALT),
        25 => Event::Resize(u16::from(what), u16::from(what) / 3),
        26 => mouse(MouseEventKind::Down(MouseButton::Left)),
        27 => mouse(MouseEventKind::ScrollDown),
        28 => Event::Paste(format!("{what}\u{1b}[2J{}", char::from(what))),
        29 => Event::FocusLost,
        30 => key(Code::Char('\u{301}'), KeyModifiers::NONE),
        _ => key(Code::Char('薬'), KeyModifiers::NONE),
    }
}

/// What a broker, or whatever listens where one should, answers to the admin client, behind a right header.
pub fn kafka_answer(bytes: &[u8]) {
    static BODY: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    static BROKER: OnceLock<String> = OnceLock::new();
    let broker = BROKER.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                // A client that hung up is none.
                let _ = connection.and_then(|connection| answer_all(connection, &BODY));
            }
        });
        address
    });
    BODY.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .splice(.., bytes.iter().copied());
    let settings = KafkaSettings {
        brokers: vec![broker.clone()],
        topic: "pharmacy-sales".to_owned(),
        audit_topic: "pharmacy-till-audit".to_owned(),
        totals_topic: "pharmacy-sales-totals".to_owned(),
        partitions: 3,
        replication: 1,
        retention_days: None,
        tls: Tls::Off,
        sasl: None,
    };
    match waiting(check_topics(&settings)) {
        Ok(reports) => assert!(!reports.is_empty()),
        Err(error) => assert_printable(&error.to_string()),
    }
}

/// Answers every question of a connection with the same.
fn answer_all(mut connection: TcpStream, body: &Mutex<Vec<u8>>) -> std::io::Result<()> {
    loop {
        let mut length = [0; 4];
        connection.read_exact(&mut length)?;
        let mut question = vec![0; u32::from_be_bytes(length) as usize];
        connection.read_exact(&mut question)?;
        let body = body.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        // Key and version, then the number by which question and answer belong together.
        connection.write_all(&[&length, &question[4..8], &body].concat())?;
    }
}

/// A journal's file: whatever is in it, it is opened or refused in words.
pub fn journal(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("journal.sqlite"), bytes).unwrap();
    waiting(async {
        if let Ok(reader) = JournalReader::open(folder.path()).await {
            let _ = reader.status().await;
            let _ = reader.draft().await;
            let _ = reader.sales(1, 1, 100).await;
        }
        let till = "T01".parse().unwrap();
        if let Ok(journal) = Journal::open(folder.path(), &till, Arc::new(Morning)).await {
            let _ = journal.promise_pending().await;
            let _ = journal.unsent(100).await;
            let _ = journal.status().await;
            let _ = journal.next_unsent_event().await;
        }
    });
}

/// What a supervisor's program keeps of these records.
#[cfg(test)]
pub fn a_kept_watch(records: &[Vec<u8>]) -> Vec<u8> {
    let mut all = Supervision::new(Thresholds::default());
    for (offset, bytes) in (0..).zip(records) {
        let topic = if bytes[0] % 2 == 0 {
            EventTopic::Sales
        } else {
            EventTopic::Audit
        };
        let event = StreamEvent::read_from(topic, Some(&bytes[1..]));
        all.take(
            Record {
                topic,
                partition: 0,
                offset,
                received_at: now(),
                event,
            },
            now(),
        );
    }
    all.tick(now(), false);
    serde_json::to_vec(&all.kept()).unwrap()
}

/// What a till keeps of a counter with a basket, one that is held, and money on the table.
#[cfg(test)]
pub fn a_draft() -> Vec<u8> {
    let mut till = till(Recovering::default());
    for words in ["2*panadol", "hedex"] {
        till.write(words);
        till.press("Enter F9");
    }
    till.scan("6161100230018");
    till.write("zinc");
    till.press("Enter");
    serde_json::to_vec(&rxtill::app::sale::Draft::of(&till.model)).unwrap()
}
