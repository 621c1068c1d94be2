//! The hands of a till at work: what sells, saves and keeps.
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::time::timeout;

use super::{Desk, LookingHands};
use crate::app::effect::Stock;
use crate::app::sale::Draft;
use crate::app::{Effect, Message};
use crate::domain::audit::Noted;
use crate::domain::clock::Clock;
use crate::domain::dimension::Dimension;
use crate::domain::heartbeat::Standing;
use crate::domain::prescriber::NewDoctor;
use crate::runtime::sample::load_sample;
use crate::runtime::shell::Hands;
use crate::runtime::till::Seller;
use crate::runtime::{drawer, money, queue, receipts, rows, task, translate};
use crate::store::journal::Journal;
use crate::store::ports::Oversell;

/// On quitting, writes are waited for at most this long; a sale that was journaled is finished at the next start.
const DRAIN: Duration = Duration::from_secs(20);

/// A disk that took no draft is tried again so often.
const DISK_RETRY: Duration = Duration::from_secs(1);

/// The hands of a till at work.
pub struct TillHands {
    looking: LookingHands,
    seller: Seller,
    journal: Journal,
    /// Notified when the catalogue was changed here.
    refresh: Arc<Notify>,
    /// The prescribers who were added here, for the catalogue.
    own: Arc<watch::Sender<Vec<NewDoctor>>>,
    drafts: watch::Sender<Option<Draft>>,
    /// The device that opens the drawer.
    drawer: Option<PathBuf>,
    /// Where the till stands, and who sells.
    standing: watch::Sender<Option<Standing>>,
}

impl TillHands {
    /// Hands that sell and save too, with the journal for the baskets. What was changed here is told to the catalogue:
    /// that there is something to ask the store for, and who was added.
    pub fn new(
        mut looking: LookingHands,
        seller: Seller,
        journal: Journal,
        (refresh, own): (Arc<Notify>, watch::Sender<Vec<NewDoctor>>),
    ) -> Self {
        let (drafts, changed) = watch::channel(None);
        looking.desk.begun.push(task::spawn(keep_drafts(
            journal.clone(),
            changed,
            looking.desk.news.clone(),
        )));
        Self {
            looking,
            seller,
            journal,
            refresh,
            own: Arc::new(own),
            drafts,
            drawer: None,
            standing: watch::Sender::new(None),
        }
    }

    /// Which say by that channel where the till stands, and who sells.
    #[must_use]
    pub fn telling_standing(self, standing: watch::Sender<Option<Standing>>) -> Self {
        Self { standing, ..self }
    }

    /// With the device that opens the drawer, where there is one.
    #[must_use]
    pub fn with_drawer(self, drawer: Option<PathBuf>) -> Self {
        Self { drawer, ..self }
    }

    /// Waits for what is being written: sales, rows, the basket.
    pub async fn drain(self) {
        let Self { looking, drafts, .. } = self;
        let Desk { news, begun } = looking.desk;
        drop((drafts, news));
        let all = async {
            for task in begun {
                if let Err(error) = task.await {
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
            Stock::Held => Oversell::Hold,
        };
        self.looking.desk.begin(async move {
            // Closing: what was begun is finished at the next start, which says so.
            let answer = seller.sell(*agreed, flags, oversell).await.ok()?;
            let answer = translate::answer(answer);
            Some(Message::SaleAnswered { request, answer })
        });
    }
}

impl Hands for TillHands {
    #[expect(clippy::too_many_lines, reason = "one arm an effect")]
    fn perform(&mut self, effect: Effect) {
        let Some(effect) = self.looking.look(effect) else {
            return;
        };
        let LookingHands {
            stores, clock, desk, ..
        } = &mut self.looking;
        let (clock, refresh) = (Arc::clone(clock), Arc::clone(&self.refresh));
        match effect {
            Effect::KeepDraft(draft) => {
                self.drafts.send_replace(Some(draft));
            }
            Effect::AskObjections { request, offered } => {
                let store = stores.till.clone();
                desk.begin(async move {
                    let objections = money::objections(&store, &offered).await;
                    Some(Message::ObjectionsKnown { request, objections })
                });
            }
            Effect::AskReference {
                request,
                tender,
                reference,
            } => {
                let (store, journal) = (stores.till.clone(), self.journal.clone());
                desk.begin(async move {
                    let word = money::reference(&store, &journal, tender, reference).await;
                    Some(Message::ReferenceKnown { request, word })
                });
            }
            Effect::FindReceipt { request, receipt } => {
                let (store, journal) = (stores.till.clone(), self.journal.clone());
                desk.begin(async move {
                    let answer = receipts::find(&store, &journal, receipt).await;
                    Some(Message::ReceiptFound { request, answer })
                });
            }
            Effect::FindGaps { request, sale } => {
                let store = stores.till.clone();
                desk.begin(async move {
                    let answer = queue::gaps(&store, &sale).await;
                    Some(Message::GapsFound { request, answer })
                });
            }
            Effect::SettleSale { request, sale, how, by } => {
                let (store, seller) = (stores.till.clone(), self.seller.clone());
                desk.begin(async move {
                    let answer = queue::settle((&store, &seller), &sale, &how, &by).await;
                    Some(Message::SaleSettled { request, answer })
                });
            }
            Effect::LoadSample { request } => {
                let store = stores.office.clone();
                desk.begin(async move {
                    let fault = load_sample(&store, clock.as_ref())
                        .await
                        .err()
                        .map(|error| error.to_string());
                    refresh.notify_one();
                    Some(Message::SampleLoaded { request, fault })
                });
            }
            Effect::SaveRow { request, save } => {
                let store = stores.of(save.dimension);
                desk.begin(async move {
                    let answer = rows::save(&store, &save, clock.now()).await;
                    refresh.notify_one();
                    Some(Message::RowSaved {
                        request,
                        dimension: save.dimension,
                        answer,
                    })
                });
            }
            Effect::SettleDoctor { request, id, into, by } => {
                let store = stores.till.clone();
                desk.begin(async move {
                    let answer = rows::settle_doctor(&store, id, into, &by, clock.now()).await;
                    refresh.notify_one();
                    Some(Message::DoctorSettled { request, answer })
                });
            }
            Effect::AddDoctor { request, doctor } => {
                let (seller, own) = (self.seller.clone(), Arc::clone(&self.own));
                desk.begin(async move {
                    // Closing: the person has gone.
                    let kept = seller.add_doctor((*doctor).clone()).await.ok()?;
                    if kept.is_ok() {
                        own.send_modify(|own| own.push(*doctor));
                    }
                    let fault = kept.err().map(|error| error.to_string());
                    Some(Message::DoctorAdded { request, fault })
                });
            }
            Effect::Stand(standing) => {
                self.standing.send_replace(Some(standing));
            }
            Effect::OpenDrawer { request, noted } => {
                let (seller, device) = (self.seller.clone(), self.drawer.clone());
                desk.begin(async move {
                    // Closing: the person has gone.
                    let answer = drawer::open(&seller, clock.as_ref(), *noted, device.as_deref()).await?;
                    Some(Message::DrawerAnswered { request, answer })
                });
            }
            Effect::Note(noted) => {
                let seller = self.seller.clone();
                desk.begin(async move { note(&seller, clock.as_ref(), noted).await });
            }
            Effect::SaveGoods { request, save } => {
                let store = stores.till.clone();
                desk.begin(async move {
                    let answer = rows::save_goods(&store, &save, clock.now()).await;
                    refresh.notify_one();
                    let dimension = Dimension::Drug;
                    Some(Message::RowSaved {
                        request,
                        dimension,
                        answer,
                    })
                });
            }
            sale => self.sell(sale),
        }
    }
}

/// Notes what happened; says so where the disk takes none.
async fn note(seller: &Seller, clock: &dyn Clock, noted: Vec<Noted>) -> Option<Message> {
    let mut fault = None;
    for noted in noted {
        // Closing: nobody is told any more.
        fault = seller.note(clock.new_id(), noted).await.ok()?.err().or(fault);
    }
    fault.map(|fault| Message::Alerted {
        words: format!("what happened here could not be noted: {fault}"),
        about: None,
        receipt: None,
    })
}

/// Keeps the latest draft in the journal: while one is being written, only the last of those that come is kept. Where
/// the disk takes none, a sale could not be recorded either: that is told, and tried again until it does.
async fn keep_drafts(journal: Journal, mut changed: watch::Receiver<Option<Draft>>, news: mpsc::Sender<Message>) {
    let mut failed = false;
    loop {
        let next = if failed {
            // The draft that was not kept is tried again, or the one that came since.
            timeout(DISK_RETRY, changed.changed()).await.unwrap_or(Ok(()))
        } else {
            changed.changed().await
        };
        if next.is_err() {
            return;
        }
        let Some(draft) = changed.borrow_and_update().clone() else {
            continue;
        };
        let fault = keep(&journal, &draft).await.err();
        if let Some(fault) = &fault {
            tracing::warn!(fault, "the basket on screen was not kept");
        }
        if failed || fault.is_some() {
            failed = fault.is_some();
            // Nobody listens once the till closes.
            let _ = news.send(Message::DiskChanged(fault)).await;
        }
    }
}

async fn keep(journal: &Journal, draft: &Draft) -> Result<(), String> {
    let bytes = serde_json::to_vec(draft).map_err(|error| error.to_string())?;
    journal.save_draft(bytes).await.map_err(|error| error.to_string())
}
