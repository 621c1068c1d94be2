//! What simulated clerks were told, against store and topic (PATH 5.7).
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::pending;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::time::timeout;
use uuid::Uuid;

use super::answers::{self, Answer};
use super::crew::{self, CrewError, CrewPlan};
use crate::domain::clock::Clock;
use crate::domain::event::StreamEvent;
use crate::domain::sale::TillId;
use crate::store::error::StoreError;
use crate::store::star::Store;
use crate::stream::live::{self, LiveFrom, LiveOptions, LiveSource, LiveUpdate};
use crate::stream::settings::KafkaSettings;

/// Sales that are asked for in one go.
const AT_ONCE: usize = 500;
/// How long the topic may say nothing.
const PATIENCE: Duration = Duration::from_secs(30);

/// What became of a run's sales.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Sales that were answered as committed or queued.
    pub answered: u64,
    /// Those of which the store has not all.
    pub lost: BTreeSet<Uuid>,
    /// Those of which it has something more than once.
    pub doubled: BTreeSet<Uuid>,
    /// Those that wait in the store without facts.
    pub parked: u64,
    /// Those that are recorded, and an event of theirs is not in the topic.
    pub unpublished: BTreeSet<Uuid>,
}

/// Why it cannot be said.
#[derive(Debug, Error)]
pub enum NotJudged {
    /// There is no such run, or its answers are damaged.
    #[error("the answers of the run: {0}")]
    Answers(#[from] std::io::Error),
    /// The store.
    #[error("database: {0}")]
    Store(#[from] StoreError),
    /// The topic was not read to its end.
    #[error("the stream did not answer for {} s", PATIENCE.as_secs())]
    Silent,
}

/// Uploads what the tills of a run have unsent; how many sales still are.
///
/// # Errors
/// When a till cannot be opened: the run is still on, say.
pub async fn empty_queues(plan: &CrewPlan) -> Result<u64, CrewError> {
    let mut unsent = 0;
    let mut entries = tokio::fs::read_dir(&plan.folder).await?;
    let mut tills = BTreeSet::new();
    while let Some(entry) = entries.next_entry().await? {
        let name = entry.file_name();
        if let Some(till) = name.to_str().and_then(|name| name.parse::<TillId>().ok())
            && entry.file_type().await?.is_dir()
        {
            tills.insert(till);
        }
    }
    for till in tills {
        unsent += crew::upload(plan, &till).await?;
    }
    Ok(unsent)
}

/// Judges the answers in the folder of a run, of which nothing is unsent any more.
///
/// # Errors
/// When the answers, the store or the topic cannot be read.
pub async fn judge(
    folder: &Path,
    store: &Store,
    kafka: Option<&KafkaSettings>,
    clock: Arc<dyn Clock>,
) -> Result<Judgement, NotJudged> {
    let folder = folder.to_owned();
    let read = tokio::task::spawn_blocking(move || answers::read(&folder));
    let answers = read.await.map_err(std::io::Error::other)??;
    let promises: Vec<&Answer> = answers.iter().filter(|answer| answer.is_promise()).collect();
    let mut judgement = Judgement {
        answered: promises.len() as u64,
        ..Judgement::default()
    };
    let mut recorded: HashMap<Uuid, u64> = HashMap::new();
    for some in promises.chunks(AT_ONCE) {
        let ids: Vec<Uuid> = some.iter().map(|answer| answer.sale_id).collect();
        let found = store.in_store(&ids).await?;
        for answer in some {
            let sale = found.get(&answer.sale_id).copied().unwrap_or_default();
            if !sale.is_whole() || sale.lines != answer.lines {
                judgement.lost.insert(answer.sale_id);
            }
            if sale.is_doubled() {
                judgement.doubled.insert(answer.sale_id);
            }
            judgement.parked += u64::from(sale.parked);
            if sale.facts > 0 {
                recorded.insert(answer.sale_id, answer.lines);
            }
        }
    }
    if let (Some(settings), Some(first)) = (kafka, promises.iter().map(|answer| answer.at).min()) {
        let shown = shown(settings, &recorded, first, clock).await?;
        let whole = |(sale, lines): &(&Uuid, &u64)| shown.get(*sale).is_some_and(|shown| shown.len() as u64 >= **lines);
        let missing = recorded.iter().filter(|sale| !whole(sale));
        judgement.unpublished = missing.map(|(sale, _)| *sale).collect();
    }
    Ok(judgement)
}

/// Which lines of those sales the topic has, from a little before the first answer on.
async fn shown(
    settings: &KafkaSettings,
    of: &HashMap<Uuid, u64>,
    first: Timestamp,
    clock: Arc<dyn Clock>,
) -> Result<BTreeMap<Uuid, BTreeSet<u32>>, NotJudged> {
    const UPDATES: usize = 64;
    /// Brokers stamp records by their own clocks.
    const BEFORE: SignedDuration = SignedDuration::from_mins(10);
    let (sender, mut updates) = mpsc::channel(UPDATES);
    let (_commands, commanded) = mpsc::channel(1);
    let options = LiveOptions {
        until_end: true,
        ..LiveOptions::sales(LiveFrom::At(first - BEFORE))
    };
    let feed = live::run(
        LiveSource::Kafka(settings.clone()),
        options,
        commanded,
        sender,
        clock,
        pending(),
    );
    let reading = async {
        let mut shown: BTreeMap<Uuid, BTreeSet<u32>> = BTreeMap::new();
        loop {
            match timeout(PATIENCE, updates.recv()).await {
                Ok(Some(LiveUpdate::Records(records))) => {
                    for record in records {
                        if let Ok(StreamEvent::Sale(sale)) = record.event
                            && of.contains_key(&sale.sale_id)
                        {
                            shown.entry(sale.sale_id).or_default().insert(sale.line_no);
                        }
                    }
                }
                Ok(Some(LiveUpdate::End)) => return Ok(shown),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return Err(NotJudged::Silent),
            }
        }
    };
    tokio::select! {
        shown = reading => shown,
        () = async { feed.await; pending::<()>().await } => Err(NotJudged::Silent),
    }
}
