//! `rxtill sell`: sales as JSON lines, through the rules, journal, sync and relay of the screen.
mod answer;
mod goods;
mod line;
mod reader;
mod repeat;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use self::answer::Answer;
use self::goods::Goods;
use self::line::{Declined, Wanted};
use super::context::Context;
use super::outcome::{Failure, Outcome};
use super::till;
use crate::config::OversellRule;
use crate::domain::basket::Original;
use crate::domain::catalogue::{Catalogue, Outlet};
use crate::domain::clock::Clock as _;
use crate::domain::money::Money;
use crate::domain::sale::{Agreed, SaleFlag, SaleRecord};
use crate::runtime::interrupt::Interrupt;
use crate::runtime::till::{OpenTill, Seller};
use crate::runtime::{notices, receipts, task};
use crate::store::journal::JournalError;
use crate::store::ports::{Outbox as _, Oversell, SaleStore as _};
use crate::store::star::Store;
use crate::store::sync::{Link, SaleAnswer};
use crate::stream::relay::RelayState;

/// How long the events of the last sales are waited for; what is not published then goes with the next relay.
const PUBLISHED: Duration = Duration::from_secs(10);
/// How often the outbox is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(50);

/// Record sales given as JSON lines
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A file with one sale a line, - for standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    /// What happens when the book says that there is too little [default: refuse, or `[sale] oversell`]
    #[arg(long, value_enum)]
    oversell: Option<Short>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Short {
    Allow,
    Refuse,
}

pub(super) async fn run(context: &Context, arguments: Arguments, mut interrupt: Interrupt) -> Result<Outcome, Failure> {
    let lines = reader::lines(&arguments.file)?;
    let store = till::store_or_later(context).await?;
    let goods = Goods::open(context, &store).await?;
    let outlet = goods.outlet();
    tracing::info!(outlet = outlet.name, "selling");
    let (till, mut found) = till::open_till(context, store.clone(), Some(outlet.id)).await?;
    let (seller, journal, clock) = (till.seller(), till.journal().clone(), Arc::clone(&context.clock));
    task::spawn(async move {
        while let Some(notice) = found.recv().await {
            tracing::info!(?notice, "sync");
            notices::tell(&notice, &seller, &journal, clock.as_ref()).await;
        }
    });
    let counter = Counter {
        context,
        goods,
        oversell: oversell(context, arguments.oversell),
        store: &store,
        till: &till,
        seller: till.seller(),
        silent: false,
    };
    let ended = serve(counter, lines, &mut interrupt).await;
    if matches!(ended, Ok(Ended::AtEnd { .. })) {
        tokio::select! {
            () = published(&till, &store) => {}
            () = interrupt.heard() => {}
        }
    }
    till.close().await;
    match ended? {
        Ended::AtEnd { all_well } => Ok(Outcome::of(all_well)),
        Ended::Interrupted => Err(Failure::failed(
            "interrupted; what was answered is recorded, and the same lines can be given again",
        )),
    }
}

/// What a line of the input comes to at an outlet, before anything is recorded: a sale of its own, or in words why there is
/// none.
///
/// # Errors
/// When it is no line of the input, or the rules of the counter refuse it.
pub fn agreed(
    text: &[u8],
    outlet: &Arc<Outlet>,
    now: Timestamp,
    catalogue: &Catalogue,
) -> Result<(Agreed, Vec<SaleFlag>), String> {
    let wanted: Wanted = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let sale_id = wanted.sale_id.unwrap_or_default();
    wanted
        .agree(sale_id, outlet, now, catalogue, None)
        .map_err(|no| no.reason)
}

/// How the lines came to an end.
enum Ended {
    AtEnd { all_well: bool },
    Interrupted,
}

/// A line is not broken off: the interrupt is heard between lines.
async fn serve(
    mut counter: Counter<'_>,
    mut lines: reader::Lines,
    interrupt: &mut Interrupt,
) -> Result<Ended, Failure> {
    let mut all_well = true;
    let mut number = 0;
    loop {
        let line = tokio::select! {
            biased;
            () = interrupt.heard() => return Ok(Ended::Interrupted),
            line = lines.recv() => line,
        };
        let Some(line) = line else {
            return Ok(Ended::AtEnd { all_well });
        };
        number += 1;
        let line = line.map_err(Failure::failed)?;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let answer = counter.sell(number, &line).await?;
        all_well &= answer.is_well();
        counter.context.output.answer(&answer, &answer)?;
    }
}

/// A sale as it was recorded, with its flags, and how it stands.
type Known = (SaleRecord, SaleAnswer);

/// The counter without a clerk.
struct Counter<'a> {
    context: &'a Context,
    goods: Goods,
    oversell: Oversell,
    store: &'a Store,
    till: &'a OpenTill,
    seller: Seller,
    /// The store did not answer the last question, and nothing was heard of it since.
    silent: bool,
}

impl Counter<'_> {
    async fn sell(&mut self, line: u64, text: &[u8]) -> Result<Answer, Failure> {
        let wanted: Wanted = match serde_json::from_slice(text) {
            Ok(wanted) => wanted,
            Err(error) => return Ok(Answer::refused(line, line::sale_id_in(text), None, &error.to_string())),
        };
        if self.store_answers() {
            self.goods.follow().await;
        }
        let given = wanted.sale_id;
        let sale_id = given.unwrap_or_else(|| self.context.clock.new_id());
        let (known, original) = match self.before(given, wanted.refund_of).await {
            Ok(before) => before,
            // The next line may find room again. What this one asks for may stand there already: its id is safe to repeat.
            Err(error @ JournalError::Disk(_)) => {
                let reason = match given {
                    Some(_) => {
                        format!("{error}. Whether it was recorded before cannot be read: ask again under the same id")
                    }
                    None => error.to_string(),
                };
                return Ok(Answer::refused(line, given, None, &reason));
            }
            Err(error) => return Err(Failure::failed(error)),
        };
        let original = original.as_ref();
        if let Some((record, answer)) = known {
            let sold = &record.document.sale;
            return Ok(if wanted.is(sold, &record.flags, self.goods.catalogue()) {
                Answer::given(line, answer, sold.currency.places)
            } else {
                let total = self
                    .agree(&wanted, sale_id, original)
                    .map_or_else(|no| no.total, |yes| Some(yes.0.total));
                let reason = JournalError::OtherContent(sale_id).to_string();
                Answer::refused(line, given, total.map(|total| self.shown(total)), &reason)
            });
        }
        let mut agreed = self.agree(&wanted, sale_id, original);
        if agreed.is_err() && self.store_answers() && self.goods.refresh().await {
            agreed = self.agree(&wanted, sale_id, original);
        }
        let (agreed, flags) = match agreed {
            Ok(agreed) => agreed,
            Err(no) => {
                let total = no.total.map(|total| self.shown(total));
                return Ok(Answer::refused(line, given, total, &no.reason));
            }
        };
        let places = agreed.currency.places;
        let answer = self.seller.sell(agreed, flags, self.oversell).await;
        Ok(Answer::given(line, answer.map_err(Failure::failed)?, places))
    }

    fn agree(
        &self,
        wanted: &Wanted,
        sale_id: Uuid,
        original: Option<&Original>,
    ) -> Result<(Agreed, Vec<SaleFlag>), Declined> {
        let now = self.context.clock.now();
        wanted.agree(sale_id, self.goods.outlet(), now, self.goods.catalogue(), original)
    }

    /// What was recorded before: under the id that was given, and what comes back.
    async fn before(
        &mut self,
        given: Option<Uuid>,
        refund_of: Option<Uuid>,
    ) -> Result<(Option<Known>, Option<Original>), JournalError> {
        let known = match given {
            Some(sale_id) => self.known(sale_id).await?,
            None => None,
        };
        let original = match refund_of {
            Some(original) => self.original(original).await?,
            None => None,
        };
        Ok((known, original))
    }

    /// The sale of that id, where this till's journal or the store has it.
    async fn known(&mut self, sale_id: Uuid) -> Result<Option<Known>, JournalError> {
        let ours = self.till.journal().sale(sale_id).await?;
        if let Some(sale) = ours {
            let answer = SaleAnswer::known(&sale);
            return Ok(Some((sale.record, answer)));
        }
        if !self.store_answers() {
            return Ok(None);
        }
        let found = timeout(self.context.config.till.commit_wait, self.store.find(sale_id)).await;
        let Ok(Ok(found)) = found else {
            // The till sells without it: a sale that the store has all the same is found when it is uploaded.
            self.silent = true;
            return Ok(None);
        };
        Ok(found.map(|sale| {
            let answer = SaleAnswer::stored(&sale);
            (sale.record, answer)
        }))
    }

    /// The sale of which something comes back, with what came back before, as far as that can be known now.
    async fn original(&mut self, sale_id: Uuid) -> Result<Option<Original>, JournalError> {
        let Some((record, _)) = self.known(sale_id).await? else {
            return Ok(None);
        };
        let store = self.store_answers().then_some(self.store);
        let before = receipts::came_back(
            store,
            self.till.journal(),
            sale_id,
            self.context.config.till.commit_wait,
        )
        .await?;
        self.silent |= store.is_some() && !before.is_whole;
        Ok(Some(Original::new(record.document.sale, &before.returns)))
    }

    /// Whether a question is worth the wait: one that is not answered is not followed by another.
    fn store_answers(&mut self) -> bool {
        match self.till.status().borrow().database {
            Link::Up | Link::Local => {
                self.silent = false;
                true
            }
            Link::Slow => !self.silent,
            Link::Down { .. } => false,
        }
    }

    fn shown(&self, total: Money) -> String {
        total.fixed(self.goods.outlet().currency.places)
    }
}

fn oversell(context: &Context, flag: Option<Short>) -> Oversell {
    match (flag, context.config.oversell) {
        (Some(Short::Allow), _) | (None, OversellRule::Allow) => Oversell::Hold,
        // There is no clerk to ask.
        (Some(Short::Refuse), _) | (None, OversellRule::Ask | OversellRule::Refuse) => Oversell::Refuse,
    }
}

/// Waits until the till's events are published, or it is plain that they will not be now.
async fn published(till: &OpenTill, store: &Store) {
    let Some(relay) = till.relay() else { return };
    let deadline = Instant::now() + PUBLISHED;
    while Instant::now() < deadline {
        let hopeless = matches!(
            relay.status.borrow().state,
            RelayState::Down { .. } | RelayState::StoreAway { .. } | RelayState::Kept | RelayState::Debezium
        );
        if hopeless {
            return;
        }
        match store.unmarked(till.journal().till(), 1).await {
            Ok(rows) if !rows.is_empty() => sleep(LOOK).await,
            Ok(_) | Err(_) => return,
        }
    }
}
