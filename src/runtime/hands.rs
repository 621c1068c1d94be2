//! Does what updates want done: each effect begins at once on a task of its own, and tells what came of it.
mod looking;
mod till;

use std::future::Future;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

pub use self::looking::LookingHands;
pub use self::till::TillHands;
use super::task;
use crate::app::Message;
use crate::domain::dimension::Dimension;
use crate::store::star::Store;

/// The store of record as the accounts of this configuration reach it (PATH 3.10).
#[derive(Clone)]
pub struct Stores {
    /// By the till's account.
    pub till: Store,
    /// By the office's, which reads and writes pay; the till's where none is configured.
    pub office: Store,
}

impl Stores {
    /// The account by which rows of a dimension are read and saved.
    fn of(&self, dimension: Dimension) -> Store {
        match dimension {
            Dimension::Employee => self.office.clone(),
            Dimension::Drug | Dimension::Doctor | Dimension::Outlet => self.till.clone(),
        }
    }
}

/// Work that was begun, and where its answers go.
struct Desk {
    news: mpsc::Sender<Message>,
    begun: Vec<JoinHandle<()>>,
}

impl Desk {
    /// Begins something whose answer is a message; it is finished before the till closes.
    fn begin(&mut self, work: impl Future<Output = Option<Message>> + Send + 'static) {
        let news = self.news.clone();
        self.begun.retain(|task| !task.is_finished());
        self.begun.push(task::spawn(async move {
            if let Some(message) = work.await {
                // Nobody listens once the till closes.
                let _ = news.send(message).await;
            }
        }));
    }
}
