//! The live feed that the screen follows: one at a time, restarted wherever somebody wants it to begin.
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::{task, translate};
use crate::app::Message;
use crate::domain::clock::Clock;
use crate::domain::sightings::Sightings;
use crate::stream::live::{self, LiveCommand, LiveFrom, LiveOptions, LiveScope, LiveSource};

/// Updates that wait for the screen; the feed stops fetching while they do.
const UPDATES: usize = 8;

/// Follows the stream.
pub struct Feed {
    source: LiveSource,
    messages: mpsc::Sender<Message>,
    clock: Arc<dyn Clock>,
    in_sight: bool,
    running: Option<Running>,
}

/// A feed at work. Dropped, it ends.
struct Running {
    commands: mpsc::Sender<LiveCommand>,
    _stop: oneshot::Sender<()>,
}

impl Feed {
    /// Of that source, to be told by messages.
    pub fn new(source: LiveSource, messages: mpsc::Sender<Message>, clock: Arc<dyn Clock>) -> Self {
        Self {
            source,
            messages,
            clock,
            in_sight: false,
            running: None,
        }
    }

    /// Begins anew; what the feed before still tells bears its own number.
    pub fn follow(&mut self, number: u64, from: LiveFrom, outlet: Option<i64>) {
        let options = LiveOptions {
            scope: outlet.map_or(LiveScope::All, |outlet| LiveScope::Key(outlet.to_string())),
            in_sight: self.in_sight,
            ..LiveOptions::sales(from)
        };
        let (commands, commanded) = mpsc::channel(UPDATES);
        let (out, mut updates) = mpsc::channel(UPDATES);
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async {
            // The sender is never used but to be dropped.
            let _ = stopped.await;
        };
        let (source, clock) = (self.source.clone(), Arc::clone(&self.clock));
        task::spawn(live::run(source, options, commanded, out, clock, shutdown));
        let messages = self.messages.clone();
        task::spawn(async move {
            let mut sightings = Sightings::default();
            while let Some(update) = updates.recv().await {
                let Some(news) = translate::live(update, &mut sightings) else {
                    continue;
                };
                let message = Message::LiveChanged { feed: number, news };
                if messages.send(message).await.is_err() {
                    break;
                }
            }
        });
        self.running = Some(Running { commands, _stop: stop });
    }

    /// Somebody looks, or no longer does.
    pub fn watch(&mut self, in_sight: bool) {
        self.in_sight = in_sight;
        if let Some(running) = &self.running {
            // A feed that is too busy to hear it is told at the next change.
            let _ = running.commands.try_send(LiveCommand::InSight(in_sight));
        }
    }
}
