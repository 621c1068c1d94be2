//! The default bindings, in the order in which help shows them.
use super::{Binding, Key, KeyCode};
use crate::app::Layer;
use crate::app::command::{Command, Edit};
use crate::domain::dimension::Dimension;

/// Where, which keys, what.
type Row = (Layer, &'static [Key], Command);

const fn f(number: u8) -> Key {
    Key::plain(KeyCode::F(number))
}

const fn c(c: char) -> Key {
    Key::plain(KeyCode::Char(c))
}

const fn k(code: KeyCode) -> Key {
    Key::plain(code)
}

const UP: Key = k(KeyCode::Up);
const DOWN: Key = k(KeyCode::Down);
const PAGE_UP: Key = k(KeyCode::PageUp);
const PAGE_DOWN: Key = k(KeyCode::PageDown);
const HOME: Key = k(KeyCode::Home);
const END: Key = k(KeyCode::End);
const ENTER: Key = k(KeyCode::Enter);
const F10: Key = f(10);

static ROWS: &[Row] = &[
    (Layer::Always, &[k(KeyCode::Esc), Key::ctrl('c')], Command::Back),
    (Layer::Always, &[Key::ctrl('q')], Command::Quit),
    (Layer::Everywhere, &[f(1)], Command::Help),
    (Layer::Everywhere, &[f(2)], Command::ShowSale),
    (Layer::Everywhere, &[f(3)], Command::ShowLive),
    (Layer::Everywhere, &[f(4)], Command::ShowDimension(Dimension::Drug)),
    (Layer::Everywhere, &[f(5)], Command::ShowDimension(Dimension::Doctor)),
    (Layer::Everywhere, &[f(6)], Command::ShowDimension(Dimension::Employee)),
    (Layer::Everywhere, &[f(7)], Command::ShowDimension(Dimension::Outlet)),
    (Layer::Everywhere, &[f(8)], Command::ShowPast),
    (Layer::Everywhere, &[f(9)], Command::Hold),
    (Layer::Everywhere, &[f(12)], Command::Seller),
    (Layer::Bare, &[c(':')], Command::Commands),
    (Layer::Bare, &[c('?')], Command::Help),
    (Layer::Editing, &[k(KeyCode::Backspace)], Command::Edit(Edit::Backspace)),
    (Layer::Editing, &[k(KeyCode::Delete)], Command::Edit(Edit::Delete)),
    (Layer::Editing, &[Key::ctrl('w')], Command::Edit(Edit::DeleteWord)),
    (Layer::Editing, &[k(KeyCode::Left)], Command::Edit(Edit::Left)),
    (Layer::Editing, &[k(KeyCode::Right)], Command::Edit(Edit::Right)),
    (Layer::Editing, &[HOME], Command::Edit(Edit::Home)),
    (Layer::Editing, &[END], Command::Edit(Edit::End)),
    (Layer::Sale, &[ENTER], Command::Accept),
    (Layer::Sale, &[F10], Command::Confirm),
    (Layer::Sale, &[k(KeyCode::Tab)], Command::Next),
    (Layer::Sale, &[k(KeyCode::BackTab)], Command::Previous),
    (Layer::Sale, &[UP], Command::Up),
    (Layer::Sale, &[DOWN], Command::Down),
    (Layer::Sale, &[PAGE_UP], Command::PageUp),
    (Layer::Sale, &[PAGE_DOWN], Command::PageDown),
    (Layer::Sale, &[Key::ctrl('z')], Command::Undo),
    (Layer::Sale, &[Key::ctrl('n')], Command::New),
    (Layer::Sale, &[Key::ctrl('r')], Command::Return),
    (Layer::Sale, &[Key::ctrl('o')], Command::AskedFor),
    (Layer::SaleBare, &[c('@')], Command::Prescriber),
    (Layer::SaleBare, &[c('*')], Command::Quantity),
    (Layer::SaleBare, &[c('=')], Command::Price),
    (Layer::SaleBare, &[c('%')], Command::Discount),
    (Layer::SaleBare, &[c('-')], Command::TakeOut),
    (Layer::SaleBare, &[c('+')], Command::Pay),
    (Layer::Adding, &[ENTER], Command::Accept),
    (Layer::Adding, &[k(KeyCode::Tab)], Command::Next),
    (Layer::Adding, &[k(KeyCode::BackTab)], Command::Previous),
    (Layer::Adding, &[UP], Command::Up),
    (Layer::Adding, &[DOWN], Command::Down),
    (Layer::Adding, &[F10, Key::ctrl('s')], Command::Confirm),
    (Layer::Returning, &[ENTER], Command::Accept),
    (Layer::Returning, &[c('-')], Command::TakeOut),
    (Layer::Returning, &[F10], Command::Confirm),
    (Layer::Returning, &[c('+')], Command::Pay),
    (Layer::Returning, &[UP], Command::Up),
    (Layer::Returning, &[DOWN], Command::Down),
    (Layer::Returning, &[PAGE_UP], Command::PageUp),
    (Layer::Returning, &[PAGE_DOWN], Command::PageDown),
    (Layer::Payment, &[ENTER], Command::Accept),
    (Layer::Payment, &[F10], Command::Confirm),
    (Layer::PaymentAsked, &[c('y'), c('Y')], Command::Yes),
    (Layer::PaymentAsked, &[c('n'), c('N')], Command::No),
    (Layer::Welcome, &[ENTER, F10], Command::LoadSample),
    (Layer::Welcome, &[c('e')], Command::StartEmpty),
    (Layer::Live, &[c(' ')], Command::Pause),
    (Layer::Live, &[c('n')], Command::FromNow),
    (Layer::Live, &[c('t')], Command::FromToday),
    (Layer::Live, &[c('b')], Command::FromBeginning),
    (Layer::Live, &[c('o')], Command::Scope),
    (Layer::Live, &[UP], Command::Up),
    (Layer::Live, &[DOWN], Command::Down),
    (Layer::Live, &[PAGE_UP], Command::PageUp),
    (Layer::Live, &[PAGE_DOWN], Command::PageDown),
    (Layer::Live, &[HOME], Command::First),
    (Layer::Live, &[END], Command::Last),
    (Layer::Past, &[ENTER], Command::Accept),
    (Layer::Past, &[c('/')], Command::Filter),
    (Layer::Past, &[c('d')], Command::Day),
    (Layer::Past, &[c('o')], Command::Scope),
    (Layer::Past, &[UP], Command::Up),
    (Layer::Past, &[DOWN], Command::Down),
    (Layer::Past, &[PAGE_UP], Command::PageUp),
    (Layer::Past, &[PAGE_DOWN], Command::PageDown),
    (Layer::Past, &[HOME], Command::First),
    (Layer::Past, &[END], Command::Last),
    (Layer::PastFilter, &[ENTER, F10], Command::Accept),
    (Layer::PastReceipt, &[ENTER], Command::Accept),
    (Layer::PastReceipt, &[c('r')], Command::Return),
    (Layer::PastReceipt, &[UP], Command::Up),
    (Layer::PastReceipt, &[DOWN], Command::Down),
    (Layer::PastReceipt, &[PAGE_UP], Command::PageUp),
    (Layer::PastReceipt, &[PAGE_DOWN], Command::PageDown),
    (Layer::PastReceipt, &[HOME], Command::First),
    (Layer::PastReceipt, &[END], Command::Last),
    (Layer::Table, &[ENTER], Command::Accept),
    (Layer::Table, &[F10], Command::Confirm),
    (Layer::Table, &[c('/')], Command::Filter),
    (Layer::TableOfDoctors, &[c('u')], Command::Unconfirmed),
    (Layer::TableOfDoctors, &[c('c')], Command::ConfirmDoctor),
    (Layer::TableOfDoctors, &[c('m')], Command::MergeDoctor),
    (Layer::Table, &[Key::ctrl('n')], Command::New),
    (Layer::Table, &[Key::ctrl('d')], Command::Retire),
    (Layer::Table, &[Key::ctrl('g')], Command::Goods),
    (Layer::Table, &[Key::ctrl('r')], Command::RowHistory),
    (Layer::Table, &[Key::ctrl('l')], Command::Shown),
    (Layer::Table, &[UP], Command::Up),
    (Layer::Table, &[DOWN], Command::Down),
    (Layer::Table, &[PAGE_UP], Command::PageUp),
    (Layer::Table, &[PAGE_DOWN], Command::PageDown),
    (Layer::Table, &[HOME], Command::First),
    (Layer::Table, &[END], Command::Last),
    (Layer::TableFilter, &[ENTER], Command::Accept),
    (Layer::TableFilter, &[F10], Command::Confirm),
    (Layer::TableFilter, &[Key::ctrl('n')], Command::New),
    (Layer::TableFilter, &[Key::ctrl('l')], Command::Shown),
    (Layer::TableFilter, &[UP], Command::Up),
    (Layer::TableFilter, &[DOWN], Command::Down),
    (Layer::TableFilter, &[PAGE_UP], Command::PageUp),
    (Layer::TableFilter, &[PAGE_DOWN], Command::PageDown),
    (Layer::Form, &[ENTER], Command::Accept),
    (Layer::Form, &[k(KeyCode::Tab)], Command::Next),
    (Layer::Form, &[k(KeyCode::BackTab)], Command::Previous),
    (Layer::Form, &[UP], Command::Up),
    (Layer::Form, &[DOWN], Command::Down),
    (Layer::Form, &[PAGE_UP], Command::PageUp),
    (Layer::Form, &[PAGE_DOWN], Command::PageDown),
    (Layer::Form, &[F10, Key::ctrl('s')], Command::Confirm),
    (Layer::Form, &[Key::ctrl('d')], Command::Retire),
    (Layer::Form, &[Key::ctrl('g')], Command::Goods),
    (Layer::Form, &[Key::ctrl('r')], Command::RowHistory),
    (Layer::Goods, &[ENTER], Command::Accept),
    (Layer::Goods, &[k(KeyCode::Tab)], Command::Next),
    (Layer::Goods, &[k(KeyCode::BackTab)], Command::Previous),
    (Layer::Goods, &[Key::ctrl('n')], Command::New),
    (Layer::Goods, &[c('c')], Command::Count),
    (Layer::Goods, &[UP], Command::Up),
    (Layer::Goods, &[DOWN], Command::Down),
    (Layer::Goods, &[PAGE_UP], Command::PageUp),
    (Layer::Goods, &[PAGE_DOWN], Command::PageDown),
    (Layer::Goods, &[HOME], Command::First),
    (Layer::Goods, &[END], Command::Last),
    (Layer::History, &[UP], Command::Up),
    (Layer::History, &[DOWN], Command::Down),
    (Layer::History, &[PAGE_UP], Command::PageUp),
    (Layer::History, &[PAGE_DOWN], Command::PageDown),
    (Layer::History, &[HOME], Command::First),
    (Layer::History, &[END], Command::Last),
    (Layer::Clash, &[c('t')], Command::KeepTheirs),
    (Layer::Clash, &[c('m')], Command::KeepMine),
    (Layer::Palette, &[ENTER, F10], Command::Accept),
    (Layer::Palette, &[UP], Command::Up),
    (Layer::Palette, &[DOWN], Command::Down),
    (Layer::Palette, &[PAGE_UP], Command::PageUp),
    (Layer::Palette, &[PAGE_DOWN], Command::PageDown),
    (Layer::Picker, &[ENTER, F10], Command::Accept),
    (Layer::Picker, &[UP], Command::Up),
    (Layer::Picker, &[DOWN], Command::Down),
    (Layer::Picker, &[PAGE_UP], Command::PageUp),
    (Layer::Picker, &[PAGE_DOWN], Command::PageDown),
    (Layer::Drawer, &[ENTER, F10], Command::Accept),
    (Layer::Card, &[ENTER], Command::Accept),
    (Layer::Card, &[Key::ctrl('o')], Command::AskedFor),
    (Layer::Card, &[UP], Command::Up),
    (Layer::Card, &[DOWN], Command::Down),
    (Layer::Card, &[PAGE_UP], Command::PageUp),
    (Layer::Card, &[PAGE_DOWN], Command::PageDown),
    (Layer::Question, &[c('y'), c('Y')], Command::Yes),
    (Layer::Question, &[c('n'), c('N')], Command::No),
    (Layer::Question, &[ENTER], Command::Accept),
    (Layer::Help, &[UP], Command::Up),
    (Layer::Help, &[DOWN], Command::Down),
    (Layer::Help, &[PAGE_UP], Command::PageUp),
    (Layer::Help, &[PAGE_DOWN], Command::PageDown),
    (Layer::Help, &[ENTER], Command::Accept),
];

/// All of them, one by one.
pub(super) fn bindings() -> Vec<Binding> {
    ROWS.iter()
        .flat_map(|(layer, keys, command)| {
            keys.iter().map(|key| Binding {
                layer: *layer,
                key: *key,
                command: *command,
            })
        })
        .collect()
}
