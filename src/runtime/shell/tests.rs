use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Waker};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use jiff::Timestamp;
use ratatui::backend::TestBackend;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::super::input::KEY;
use super::*;
use crate::app::model::Recovering;
use crate::app::settings::OversellRule;
use crate::app::{Screen, Settings};
use crate::domain::dimension::Dimension;
use crate::domain::sale::TillId;
use crate::ui::places::Places;

/// Keys, as crossterm's stream gives them: the waker of the first poll that found nothing is kept until the next key,
/// and those of later polls are not looked at.
#[derive(Clone, Default)]
struct Keyboard(Arc<Mutex<(VecDeque<Event>, Option<Waker>)>>);

impl Keyboard {
    fn press(&self, code: KeyCode, modifiers: KeyModifiers) {
        self.send(Event::Key(KeyEvent::new(code, modifiers)));
    }

    fn send(&self, event: Event) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.0.push_back(event);
        if let Some(waker) = keys.1.take() {
            waker.wake();
        }
    }
}

impl Stream for Keyboard {
    type Item = io::Result<Event>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(event) = keys.0.pop_front() {
            return Poll::Ready(Some(Ok(event)));
        }
        keys.1.get_or_insert_with(|| context.waker().clone());
        Poll::Pending
    }
}

struct NoHands;

impl Hands for NoHands {
    fn perform(&mut self, _: Effect) {}
}

/// The wall clock, as far as the runtime's paused time has come.
struct Wall(Instant);

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + self.0.elapsed()
    }

    fn new_id(&self) -> Uuid {
        Uuid::nil()
    }
}

/// A till at its first start, with nobody at the other ends.
fn opened(keyboard: &Keyboard) -> Shell<TestBackend, Keyboard, NoHands> {
    let settings = Settings {
        till: TillId::default(),
        outlet: None,
        oversell: OversellRule::Ask,
        bell: true,
        alert_sound: false,
        has_server: false,
        mouse: true,
        has_drawer: false,
    };
    Shell {
        terminal: Terminal::new(TestBackend::new(80, 24)).unwrap(),
        events: keyboard.clone(),
        reader: Reader::default(),
        idle_at: Instant::now(),
        inbox: Inbox {
            news: mpsc::channel(1).1,
            live: mpsc::channel(1).1,
        },
        hands: NoHands,
        model: Model::new(settings, Timestamp::UNIX_EPOCH, Recovering::default()),
        keymap: Arc::default(),
        theme: Theme::default(),
        places: Places::default(),
        clock: Arc::new(Wall(Instant::now())),
    }
}

#[tokio::test(start_paused = true)]
async fn each_key_is_taken_when_it_is_pressed_and_not_at_the_next_tick() {
    let keyboard = Keyboard::default();
    let shell = opened(&keyboard);
    let typist = async {
        sleep(TICK / 10).await;
        keyboard.press(KeyCode::F(3), KeyModifiers::NONE);
        sleep(TICK / 10).await;
        keyboard.press(KeyCode::Char('q'), KeyModifiers::CONTROL);
        sleep(TICK / 2).await;
        keyboard.press(KeyCode::Char('y'), KeyModifiers::NONE);
        Instant::now()
    };
    let both = async { tokio::join!(shell.run(pending()), typist) };
    let ((ended, _), pressed) = Box::pin(timeout(TICK * 10, both)).await.unwrap();
    assert!(ended.is_ok());
    // A character that is a command waits for as long as a scanner takes for a key.
    assert!(pressed.elapsed() < 2 * KEY && 2 * KEY < TICK / 10);
}

#[tokio::test]
async fn a_click_aimed_at_what_is_no_longer_there_does_nothing() {
    let keyboard = Keyboard::default();
    let mut shell = opened(&keyboard);
    shell.draw().unwrap();
    // The first key of the last line: the sample pharmacy here, a new row once the list of drugs is in front.
    let click = Event::Mouse(MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: 2,
        row: 23,
        modifiers: KeyModifiers::NONE,
    });
    let read = Read {
        at: Instant::now(),
        is_timed: true,
    };
    let key = Event::Key(KeyEvent::new(KeyCode::F(4), KeyModifiers::NONE));
    keyboard.send(click.clone());
    let _ = shell.take_events(key, read).await.unwrap();
    let drugs = Dimension::Drug;
    assert_eq!(shell.model.screen, Screen::Dimension(drugs));
    assert!(
        shell.model.desks.of(drugs).form.is_none(),
        "the click was aimed at another screen"
    );
    let _ = shell.take_events(click, read).await.unwrap();
    assert!(shell.model.desks.of(drugs).form.is_some(), "it is there now");
}
