//! A bounded set of connections, opened when first wanted.
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::EngineError;

/// At most so many connections, lent one at a time to those who wait in line. A connection that is not put back is
/// gone, and the next borrower opens another: what was given up half-way is never lent again.
#[derive(Debug)]
pub(super) struct Shelf<T> {
    idle: Mutex<Vec<T>>,
    places: Arc<Semaphore>,
}

/// A borrower's place at the shelf, with a connection that somebody else put back, if there was one.
#[derive(Debug)]
pub(super) struct Place<T> {
    shelf: Arc<Shelf<T>>,
    _permit: OwnedSemaphorePermit,
}

impl<T> Shelf<T> {
    /// An empty shelf for at most `places` connections.
    pub(super) fn new(places: usize) -> Arc<Self> {
        Arc::new(Self {
            idle: Mutex::new(Vec::new()),
            places: Arc::new(Semaphore::new(places)),
        })
    }

    /// Waits in line for a place.
    pub(super) async fn take(self: &Arc<Self>) -> Result<(Place<T>, Option<T>), EngineError> {
        let permit = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(|closed| EngineError::retryable(closed.to_string()))?;
        let idle = self.lock().pop();
        let place = Place {
            shelf: Arc::clone(self),
            _permit: permit,
        };
        Ok((place, idle))
    }

    /// No code between lock and unlock can panic half-way, so a poisoned lock still guards a whole list.
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<T>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Place<T> {
    /// Puts a connection back for the next borrower.
    pub(super) fn put_back(self, connection: T) {
        self.shelf.lock().push(connection);
    }
}
