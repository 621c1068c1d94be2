//! The one way to start a task.
use std::future::Future;

use tokio::task::JoinHandle;

/// Starts a task. Whoever starts one keeps what ends it: a channel that it drops, or the handle.
#[expect(clippy::disallowed_methods, reason = "the one place where tasks are started")]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future)
}
