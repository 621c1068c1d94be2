//! Does what updates want done: each effect begins at once on a task of its own, and tells what came of it.
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::feed::Feed;
use super::sample::load_sample;
use super::shell::Hands;
use super::till::Seller;
use super::{rows, task, translate};
use crate::app::effect::Stock;
use crate::app::sale::Draft;
use crate::app::{Effect, Message};
use crate::domain::clock::Clock;
use crate::store::journal::Journal;
use crate::store::ports::Oversell;
use crate::store::star::Store;

/// On quitting, writes are waited for at most this long; a sale that was journaled is finished at the next start.
const DRAIN: Duration = Duration::from_secs(20);

/// The hands of a till at work.
pub struct TillHands {
    /// Sells.
    pub seller: Seller,
    /// The store of record.
    pub store: Store,
    /// Follows the stream.
    pub feed: Feed,
    /// Notified when the catalogue was changed here.
    pub refresh: Arc<Notify>,
    /// Where answers go.
    pub news: mpsc::Sender<Message>,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    drafts: watch::Sender<Option<Draft>>,
    writes: Vec<JoinHandle<()>>,
}

impl TillHands {
    /// Hands with the journal for the baskets.
    pub fn new(
        seller: Seller,
        journal: Journal,
        store: Store,
        feed: Feed,
        refresh: Arc<Notify>,
        news: mpsc::Sender<Message>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (drafts, changed) = watch::channel(None);
        let keeper = task::spawn(keep_drafts(journal, changed));
        Self {
            seller,
            store,
            feed,
            refresh,
            news,
            clock,
            drafts,
            writes: vec![keeper],
        }
    }

    /// Begins something whose answer is a message; it is finished before the till closes.
    fn begin(&mut self, work: impl Future<Output = Option<Message>> + Send + 'static) {
        let news = self.news.clone();
        self.writes.retain(|write| !write.is_finished());
        self.writes.push(task::spawn(async move {
            if let Some(message) = work.await {
                // Nobody listens once the till closes.
                let _ = news.send(message).await;
            }
        }));
    }

    /// Waits for what is being written: sales, rows, the basket.
    pub async fn drain(self) {
        let Self {
            drafts, writes, news, ..
        } = self;
        drop((drafts, news));
        let all = async {
            for write in writes {
                if let Err(error) = write.await {
                    tracing::error!(%error, "a write did not end well");
                }
            }
        };
        if timeout(DRAIN, all).await.is_err() {
            tracing::warn!("the till closes before every answer came");
        }
    }

    fn sell(&mut self, effect: Effect) {
        let Effect::Sell {
            request,
            agreed,
            flags,
            stock,
        } = effect
        else {
            return;
        };
        let seller = self.seller.clone();
        let oversell = match stock {
            Stock::Checked => Oversell::Refuse,
            Stock::Held => Oversell::Record,
        };
        self.begin(async move {
            // Closing: what was begun is finished at the next start, which says so.
            let answer = seller.sell(*agreed, flags, oversell).await.ok()?;
            let answer = translate::answer(answer);
            Some(Message::SaleAnswered { request, answer })
        });
    }
}

impl Hands for TillHands {
    fn perform(&mut self, effect: Effect) {
        let (store, clock) = (self.store.clone(), Arc::clone(&self.clock));
        let refresh = Arc::clone(&self.refresh);
        match effect {
            Effect::Sell { .. } => self.sell(effect),
            Effect::KeepDraft(draft) => {
                self.drafts.send_replace(Some(draft));
            }
            Effect::LoadSample { request } => {
                self.begin(async move {
                    let fault = load_sample(&store, clock.as_ref())
                        .await
                        .err()
                        .map(|error| error.to_string());
                    refresh.notify_one();
                    Some(Message::SampleLoaded { request, fault })
                });
            }
            Effect::ReadRow {
                request,
                dimension,
                id,
                outlet,
            } => self.begin(async move {
                let answer = rows::read(&store, dimension, id, outlet, clock.now()).await;
                Some(Message::RowRead {
                    request,
                    dimension,
                    answer,
                })
            }),
            Effect::SaveRow { request, save } => self.begin(async move {
                let answer = rows::save(&store, &save, clock.now()).await;
                refresh.notify_one();
                Some(Message::RowSaved {
                    request,
                    dimension: save.dimension,
                    answer,
                })
            }),
            Effect::ReadStock { outlet } => self.begin(async move {
                match rows::stock(&store, outlet).await {
                    Ok(stock) => Some(Message::StockRead(Arc::new(stock))),
                    // A hint: the one of before stays, and is asked for again soon.
                    Err(error) => {
                        tracing::debug!(%error, "the stock was not read");
                        None
                    }
                }
            }),
            Effect::Follow {
                feed,
                from,
                midnight,
                outlet,
            } => self.feed.follow(feed, translate::from(from, midnight), outlet),
            Effect::Watch(in_sight) => self.feed.watch(in_sight),
            // The loop itself ends.
            Effect::Quit => {}
        }
    }
}

/// Keeps the latest draft in the journal: while one is being written, only the last of those that come is kept.
async fn keep_drafts(journal: Journal, mut changed: watch::Receiver<Option<Draft>>) {
    while changed.changed().await.is_ok() {
        let Some(draft) = changed.borrow_and_update().clone() else {
            continue;
        };
        let kept = match serde_json::to_vec(&draft) {
            Ok(bytes) => journal.save_draft(bytes).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = kept {
            tracing::warn!(error, "the basket on screen was not kept");
        }
    }
}
