//! The loop: what happened goes to `update`, its effects to the hands, and the screen is drawn when nothing waits.
use std::convert::Infallible;
use std::future::{Future, pending, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crossterm::event::Event;
use futures_util::{Stream, StreamExt as _};
use ratatui::Terminal;
use ratatui::backend::Backend;
use thiserror::Error;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};

use super::input::{Input, Read, Reader};
use crate::app::{self, Effect, Message, Model, Moment};
use crate::domain::clock::Clock;
use crate::keymap::Keymap;
use crate::ui::places::{Place, Places};
use crate::ui::{self, Look, Theme};

/// How often the clock on the screen and the ages in its status line are looked at.
const TICK: Duration = Duration::from_secs(1);
/// At most so many messages are taken in between two frames, so that a flood of news does not stop the screen.
const MOST_BETWEEN_FRAMES: usize = 512;

/// Does what an update wants done, and tells what came of it by messages.
pub trait Hands {
    /// Begins to do it; returns at once.
    fn perform(&mut self, effect: Effect);
}

/// Why the loop ended, other than as wished.
#[derive(Debug, Error)]
pub enum ShellError {
    /// The terminal is gone or refuses.
    #[error("the terminal: {0}")]
    Terminal(#[from] io::Error),
}

impl From<Infallible> for ShellError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// Messages from outside: answers and news, and the live records, which come last.
#[derive(Debug)]
pub struct Inbox {
    /// Answers and news.
    pub news: Receiver<Message>,
    /// Live records. The sender waits while it is full.
    pub live: Receiver<Message>,
}

/// A till at work. Generic over the terminal's backend, the stream of its events, and the hands, so that tests run it.
pub struct Shell<B: Backend, S, H> {
    /// Where it is drawn.
    pub terminal: Terminal<B>,
    /// Keys.
    pub events: S,
    /// Tells scans from typing.
    pub reader: Reader,
    /// When it was last seen that no key waits.
    pub idle_at: Instant,
    /// Answers and news.
    pub inbox: Inbox,
    /// What does things.
    pub hands: H,
    /// What is shown.
    pub model: Model,
    /// Bindings.
    pub keymap: Arc<Keymap>,
    /// Colours and signs.
    pub theme: Theme,
    /// Where the picture drawn last can be clicked.
    pub places: Places,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
}

/// What woke the loop.
enum Woken {
    Event(Option<io::Result<Event>>, Read),
    Message(Message),
    NoKeyCame,
    Ticked,
    Stopped,
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Going {
    On,
    Home,
}

impl<B, S, H> Shell<B, S, H>
where
    B: Backend,
    ShellError: From<B::Error>,
    S: Stream<Item = io::Result<Event>> + Unpin,
    H: Hands,
{
    /// Works until the person at the keys ends it, `stop` comes true, or the terminal is gone. Gives
    /// the hands, with what they still do.
    /// An error is of a terminal that cannot be drawn on.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> (Result<(), ShellError>, H) {
        let ended = self.work(stop).await;
        (ended, self.hands)
    }

    async fn work(&mut self, stop: impl Future<Output = ()>) -> Result<(), ShellError> {
        let mut stop = pin!(stop);
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.draw()?;
        loop {
            let woken = self.wait(&mut stop, &mut ticks).await;
            if self.take(woken).await? == Going::Home || self.take_what_waits().await? == Going::Home {
                return Ok(());
            }
            self.draw()?;
        }
    }

    async fn wait(&mut self, stop: &mut (impl Future<Output = ()> + Unpin), ticks: &mut Interval) -> Woken {
        if let Some(woken) = self.event_that_waits().await {
            return woken;
        }
        let due = self.reader.due();
        tokio::select! {
            biased;
            event = self.events.next() => Woken::Event(event, Read { at: Instant::now(), is_timed: true }),
            () = stop => Woken::Stopped,
            () = until(due) => Woken::NoKeyCame,
            message = received(&mut self.inbox.news) => Woken::Message(message),
            _ = ticks.tick() => Woken::Ticked,
            message = received(&mut self.inbox.live) => Woken::Message(message),
        }
    }

    /// An event that came while the till was busy: at some time since it last looked.
    async fn event_that_waits(&mut self) -> Option<Woken> {
        let (at, is_timed) = (self.idle_at, false);
        let event = ready_now(&mut self.events).await;
        if event.is_none() {
            self.idle_at = Instant::now();
        }
        event.map(|event| Woken::Event(event, Read { at, is_timed }))
    }

    async fn take(&mut self, woken: Woken) -> Result<Going, ShellError> {
        match woken {
            // The end of the events is the end of the terminal.
            Woken::Stopped | Woken::Event(None, _) => Ok(Going::Home),
            Woken::Event(Some(first), read) => self.take_events(first?, read).await,
            Woken::NoKeyCame => {
                self.reader.lapsed(Instant::now());
                self.take_inputs()
            }
            Woken::Message(message) => Ok(self.tell(message)),
            Woken::Ticked => Ok(self.tell(Message::Ticked)),
        }
    }

    /// Takes an event with all that arrived together with it.
    async fn take_events(&mut self, first: Event, read: Read) -> Result<Going, ShellError> {
        let mut events = vec![first];
        while let Some(Some(event)) = ready_now(&mut self.events).await {
            events.push(event?);
            if events.len() == MOST_BETWEEN_FRAMES {
                break;
            }
        }
        self.reader.arrived(events, read);
        self.take_inputs()
    }

    /// Takes what the reader made of the keys.
    fn take_inputs(&mut self) -> Result<Going, ShellError> {
        while let Some(input) = self.reader.next_input(&self.keymap, &self.model) {
            let is_click = matches!(input, Input::Clicked(..));
            for message in self.meant(input)? {
                if self.tell(message) == Going::Home {
                    return Ok(Going::Home);
                }
            }
            // What is clicked next is clicked on what this made of the screen.
            if is_click {
                self.draw()?;
            }
        }
        Ok(Going::On)
    }

    /// What came from the terminal, as messages.
    fn meant(&mut self, input: Input) -> Result<Vec<Message>, ShellError> {
        let layer = self.model.layer();
        Ok(match input {
            Input::Clicked(x, y) => {
                let place = self.still(|places| places.clicked((x, y)))?;
                let click = |place: Place| place.click(layer, &self.keymap);
                place.map(click).unwrap_or_default()
            }
            Input::Turned { at, down } => {
                let place = self.still(|places| places.turned(at))?;
                place.map(|place| place.turn(down)).unwrap_or_default()
            }
            Input::Resized => {
                self.places.outdate();
                Vec::new()
            }
            keys => self
                .reader
                .meaning(keys, &self.keymap, &self.model)
                .into_iter()
                .collect(),
        })
    }

    /// What was pointed at on the picture drawn last, if it is the same on one drawn now: what took its place meanwhile
    /// was not meant.
    fn still(&mut self, find: impl Fn(&Places) -> Option<Place>) -> Result<Option<Place>, ShellError> {
        let seen = find(&self.places);
        if self.places.are_outdated() {
            self.draw()?;
            return Ok(seen.filter(|seen| find(&self.places).as_ref() == Some(seen)));
        }
        Ok(seen)
    }

    /// Takes what waits, before the next frame is drawn.
    async fn take_what_waits(&mut self) -> Result<Going, ShellError> {
        for _ in 0..MOST_BETWEEN_FRAMES {
            let woken = if let Some(woken) = self.event_that_waits().await {
                woken
            } else if let Ok(message) = self.inbox.news.try_recv() {
                Woken::Message(message)
            } else if let Ok(message) = self.inbox.live.try_recv() {
                Woken::Message(message)
            } else {
                break;
            };
            if self.take(woken).await? == Going::Home {
                return Ok(Going::Home);
            }
        }
        Ok(Going::On)
    }

    fn tell(&mut self, message: Message) -> Going {
        let moment = Moment {
            now: self.clock.now(),
            fresh_id: self.clock.new_id(),
        };
        // That a picture was drawn changes nothing in it.
        if message != Message::Drawn {
            self.places.outdate();
        }
        let mut going = Going::On;
        for effect in app::update(&mut self.model, message, moment) {
            if effect == Effect::Quit {
                going = Going::Home;
            }
            self.hands.perform(effect);
        }
        going
    }

    fn draw(&mut self) -> Result<(), ShellError> {
        let look = Look {
            model: &self.model,
            keymap: &self.keymap,
            theme: self.theme,
            places: &self.places,
        };
        self.terminal.draw(|frame| ui::view(frame, look))?;
        if self.model.awaits_sight() {
            self.tell(Message::Drawn);
        }
        Ok(())
    }
}

/// What the stream has ready, if anything. It is polled with this task's own waker: a stream may keep the waker of the
/// poll that found nothing until the next key, so that a poll with any other would leave that key unseen until the tick.
pub(super) async fn ready_now<S: Stream + Unpin>(stream: &mut S) -> Option<Option<S::Item>> {
    poll_fn(|context| {
        Poll::Ready(match stream.poll_next_unpin(context) {
            Poll::Ready(item) => Some(item),
            Poll::Pending => None,
        })
    })
    .await
}

/// Ready at that time; never, without one.
async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => pending().await,
    }
}

/// The next message; never, once nobody can send one.
async fn received(inbox: &mut Receiver<Message>) -> Message {
    match inbox.recv().await {
        Some(message) => message,
        None => pending().await,
    }
}

#[cfg(test)]
mod tests;
