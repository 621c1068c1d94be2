//! Hands that only look: a viewer's, and what every screen asks for.
use std::sync::Arc;

use tokio::sync::mpsc;

use super::{Desk, Stores};
use crate::app::{Effect, Message};
use crate::domain::clock::Clock;
use crate::runtime::feed::Feed;
use crate::runtime::shell::Hands;
use crate::runtime::stock::Figures;
use crate::runtime::{alerts, past, queue, rows, terminal};
use crate::store::journal::JournalReader;
/// Hands that look: rows, stock, the stream. All that a viewer has.
pub struct LookingHands {
    pub(super) stores: Stores,
    figures: Figures,
    feed: Feed,
    /// The till's journal, to look at; none: a supervisor has none.
    journal: Option<JournalReader>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) desk: Desk,
}

impl LookingHands {
    /// Hands over stores, figures of stock, the journal to look at, and the stream; answers go to `news`.
    pub fn new(
        (stores, figures, journal): (Stores, Figures, Option<JournalReader>),
        feed: Feed,
        news: mpsc::Sender<Message>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let begun = Vec::new();
        Self {
            stores,
            figures,
            feed,
            journal,
            clock,
            desk: Desk { news, begun },
        }
    }

    /// Does what is to look. What changes something is given back.
    #[expect(clippy::too_many_lines, reason = "one arm an effect")]
    pub(super) fn look(&mut self, effect: Effect) -> Option<Effect> {
        match effect {
            Effect::ReadRow {
                request,
                dimension,
                id,
                outlet,
            } => {
                let (store, clock) = (self.stores.of(dimension), Arc::clone(&self.clock));
                self.desk.begin(async move {
                    let answer = rows::read(&store, dimension, id, outlet, clock.now()).await;
                    Some(Message::RowRead {
                        request,
                        dimension,
                        answer,
                    })
                });
            }
            Effect::ReadBeside { request, drug, outlet } => {
                let (store, clock) = (self.stores.till.clone(), Arc::clone(&self.clock));
                self.desk.begin(async move {
                    let answer = rows::beside(&store, drug, outlet, clock.now()).await;
                    Some(Message::BesideRead { request, answer })
                });
            }
            Effect::ReadHistory {
                request,
                dimension,
                row,
            } => {
                let store = self.stores.of(dimension);
                self.desk.begin(async move {
                    let answer = rows::history(&store, row).await;
                    Some(Message::HistoryRead {
                        request,
                        dimension,
                        answer,
                    })
                });
            }
            Effect::ReadPast {
                request,
                wanted,
                from,
                is_away,
            } => {
                let (store, journal) = (self.stores.till.clone(), self.journal.clone());
                self.desk.begin(async move {
                    let answer = past::page(&store, journal.as_ref(), &wanted, from, is_away).await;
                    Some(Message::PastRead { request, answer })
                });
            }
            Effect::ReadChart {
                request,
                wanted,
                until,
                currency,
            } => {
                let store = self.stores.till.clone();
                self.desk.begin(async move {
                    let answer = past::chart(&store, &wanted, until, &currency).await;
                    Some(Message::ChartRead { request, answer })
                });
            }
            Effect::ReadReceipt { request, receipt } => {
                let (store, journal) = (self.stores.till.clone(), self.journal.clone());
                self.desk.begin(async move {
                    let answer = past::receipt(&store, journal.as_ref(), &receipt).await;
                    Some(Message::ReceiptRead { request, answer })
                });
            }
            Effect::ReadQueue { request } => {
                let journal = self.journal.clone();
                self.desk.begin(async move {
                    let answer = queue::list(journal.as_ref()).await;
                    Some(Message::QueueRead { request, answer })
                });
            }
            Effect::ReadStock { outlet } => {
                let (figures, at) = (self.figures.clone(), self.clock.now());
                self.desk.begin(async move { figures.stock(outlet, at).await });
            }
            Effect::ReadBatches { outlet } => {
                let (figures, at) = (self.figures.clone(), self.clock.now());
                self.desk.begin(async move { figures.batches(outlet, at).await });
            }
            Effect::ReadGoods { request, outlet, drugs } => {
                let store = self.stores.till.clone();
                self.desk.begin(async move {
                    let goods = store.goods(outlet, &drugs).await;
                    if let Err(error) = &goods {
                        tracing::debug!(%error, "the goods were not read");
                    }
                    let goods = goods.ok();
                    Some(Message::GoodsRead { request, goods })
                });
            }
            Effect::ReadUsual { request, drugs } => {
                let figures = self.figures.clone();
                self.desk.begin(async move {
                    let usual = figures.usual(&drugs).await;
                    Some(Message::UsualRead { request, usual })
                });
            }
            Effect::Follow {
                feed,
                from,
                midnight,
                outlet,
            } => self.feed.follow(feed, from, midnight, outlet),
            Effect::Watch(in_sight) => self.feed.watch(in_sight),
            Effect::FilterLive { number, filter } => self.feed.filter(number, filter),
            Effect::NoteAlert { request, note } => {
                let (store, notes) = (self.stores.till.clone(), self.feed.notes());
                self.desk.begin(async move {
                    let fault = alerts::note(&store, &note).await.err();
                    notes.notify_one();
                    Some(Message::AlertNoted { request, fault })
                });
            }
            Effect::Ring => terminal::ring(),
            // The loop itself ends.
            Effect::Quit => {}
            changing => return Some(changing),
        }
        None
    }

    /// Ends what is followed; what was learnt of it is kept.
    pub async fn close(mut self) {
        self.feed.close().await;
    }
}

impl Hands for LookingHands {
    fn perform(&mut self, effect: Effect) {
        if self.look(effect).is_some() {
            tracing::error!("a viewer was asked to change something, and did not");
        }
    }
}
