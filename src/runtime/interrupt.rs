//! Ctrl-C, SIGTERM and SIGHUP, heard instead of suffered.
use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens from when it is made: a signal that comes while nobody waits is told at the next wait.
#[derive(Debug)]
pub struct Interrupt {
    #[cfg(unix)]
    signals: [Signal; 3],
}

impl Interrupt {
    /// Begins to listen. From now on none of the three ends the program by itself.
    ///
    /// # Errors
    /// When the system gives no way to listen.
    #[cfg(unix)]
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            signals: [
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
                signal(SignalKind::hangup())?,
            ],
        })
    }

    /// Begins to listen.
    ///
    /// # Errors
    /// Never here.
    #[cfg(not(unix))]
    pub fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for one of them.
    #[cfg(unix)]
    pub async fn heard(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }

    /// Waits for Ctrl-C; for ever where it cannot be heard.
    #[cfg(not(unix))]
    pub async fn heard(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
