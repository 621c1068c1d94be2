//! Scans at the counter: a scanner and a person at one till, keys at times, through the reader that tells them apart.
use crossterm::event::{Event, KeyCode as Code, KeyEvent, KeyModifiers};
use jiff::SignedDuration;
use rxtill::app::model::{Over, Recovering};
use rxtill::app::sale::{Draft, Outcome};
use rxtill::app::{Effect, Layer};
use rxtill::domain::dimension::Dimension;
use rxtill::domain::money::Money;
use rxtill::runtime::input::{Read, Reader, Scanner};
use std::time::Duration;
use tokio::time::Instant;

use super::screens::{answer, open, pay, sample};
use super::support::till::Till;

/// A strip of Panadol, as the sample pharmacy has it.
pub(super) const STRIP: &str = "6161100012370";
/// Nothing bears it.
pub(super) const UNKNOWN: &str = "6161100230018";

/// A till with a scanner.
pub(super) struct Counter {
    pub(super) till: Till,
    reader: Reader,
    now: Instant,
    /// What went by since the last message.
    passed: Duration,
}

impl Counter {
    pub(super) fn with(till: Till) -> Self {
        Self {
            till,
            reader: Reader::new(Scanner::default()),
            now: Instant::now(),
            passed: Duration::from_secs(1),
        }
    }

    async fn open() -> Self {
        Self::with(open().await)
    }

    pub(super) fn events(&mut self, events: Vec<Event>) {
        let read = Read {
            at: self.now,
            is_timed: true,
        };
        self.reader.arrived(events, read);
        self.tell();
    }

    fn tell(&mut self) {
        while let Some(input) = self.reader.next_input(&self.till.keymap, &self.till.model) {
            let message = self.reader.meaning(input, &self.till.keymap, &self.till.model);
            let Some(message) = message else { continue };
            self.till.pause = SignedDuration::try_from(std::mem::take(&mut self.passed)).unwrap();
            self.till.tell(message);
        }
    }

    pub(super) fn after(&mut self, ms: u64) -> &mut Self {
        let then = self.now + Duration::from_millis(ms);
        if let Some(due) = self.reader.due().filter(|due| *due <= then) {
            self.passed += due - self.now;
            self.now = due;
            self.reader.lapsed(due);
            self.tell();
        }
        self.passed += then - self.now;
        self.now = then;
        self
    }

    /// Keys of one read.
    pub(super) fn at_once(&mut self, text: &str) -> &mut Self {
        self.events(text.chars().map(typed).collect());
        self
    }

    /// Keys, each read by itself, so many milliseconds apart.
    pub(super) fn every(&mut self, ms: u64, text: &str) -> &mut Self {
        for c in text.chars() {
            self.after(ms).events(vec![typed(c)]);
        }
        self
    }

    /// A scanner that sends a key every 5 ms, half a second after what was before.
    fn scan(&mut self, code: &str) -> &mut Self {
        self.after(500).every(5, &format!("{code}\r")).after(100)
    }

    /// A person types.
    fn write(&mut self, text: &str) -> &mut Self {
        self.every(120, text).after(120)
    }

    fn press(&mut self, code: Code) -> &mut Self {
        self.after(120).events(vec![key(code)]);
        self.after(120)
    }

    /// Drugs, units and quantities of the basket, and what is unresolved.
    fn basket(&self) -> String {
        let Some(basket) = &self.till.model.sale.basket else {
            return String::new();
        };
        let lines = basket
            .lines
            .iter()
            .map(|line| format!("{} {} {}", line.quantity, line.unit(), line.drug.label()));
        let unresolved = basket
            .unresolved
            .iter()
            .map(|row| format!("{} ? {}", row.quantity, row.code));
        lines.chain(unresolved).collect::<Vec<_>>().join("; ")
    }

    pub(super) fn screen(&self) -> String {
        self.till.screen(80, 24)
    }

    /// How often the bell rang since the last look.
    fn rang(&mut self) -> usize {
        let wanted = self.till.wanted().into_iter();
        wanted.filter(|effect| *effect == Effect::Ring).count()
    }
}

pub(super) fn key(code: Code) -> Event {
    Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

/// As the terminal reports it.
pub(super) fn typed(c: char) -> Event {
    match c {
        '\r' => key(Code::Enter),
        '\t' => key(Code::Tab),
        '\u{1d}' => Event::Key(KeyEvent::new(Code::Char('5'), KeyModifiers::CONTROL)),
        c => key(Code::Char(c)),
    }
}

fn sold(till: &mut Till) -> Vec<Money> {
    let wanted = till.wanted().into_iter();
    let sold = |effect| match effect {
        Effect::Sell { agreed, .. } => Some(agreed.total),
        _ => None,
    };
    wanted.filter_map(sold).collect()
}

#[tokio::test]
async fn scan_plus_enter_sells_one_for_exact_cash_however_the_keys_come() {
    for ms in [0, 1, 35] {
        let mut counter = Counter::open().await;
        if ms == 0 {
            counter.at_once(&format!("{STRIP}\r+\r"));
        } else {
            counter.every(ms, &format!("{STRIP}\r")).after(200).write("+\r");
        }
        counter.after(100);
        assert_eq!(sold(&mut counter.till).len(), 1, "{ms}: {}", counter.screen());
        let waiting = counter.till.model.sale.waiting.as_ref().unwrap();
        assert_eq!(waiting.basket.lines[0].unit(), "strip 10");
    }
}

#[tokio::test]
async fn the_characters_of_a_scan_are_shown_at_once_and_taken_back() {
    let mut counter = Counter::open().await;
    counter.every(10, "61611000");
    assert!(counter.screen().contains("Item › 61611000"), "{}", counter.screen());
    counter.every(10, "12370\r");
    assert_eq!(counter.basket(), "1 strip 10 Panadol 500 mg");
    assert!(counter.till.model.sale.entry.is_empty());
}

#[tokio::test]
async fn times_before_a_scan_are_of_it_and_what_else_was_typed_is_dropped_and_said() {
    let mut counter = Counter::open().await;
    counter.write("3*").scan(STRIP);
    assert_eq!(counter.basket(), "3 strip 10 Panadol 500 mg");
    counter.write("2*\r").scan(STRIP);
    assert_eq!(counter.basket(), "5 strip 10 Panadol 500 mg");
    // A quantity that was being typed is not the scan's.
    counter.write("*7").scan(STRIP);
    assert_eq!(counter.basket(), "6 strip 10 Panadol 500 mg");
    assert!(
        counter.screen().contains("“*7” was typed before the scan"),
        "{}",
        counter.screen()
    );
    counter.write("amox").scan(STRIP);
    assert_eq!(counter.basket(), "7 strip 10 Panadol 500 mg");
    assert!(counter.till.model.sale.entry.is_empty());
}

#[tokio::test]
async fn an_unknown_code_is_a_row_that_blocks_the_payment_until_it_is_found_by_name_or_taken_out() {
    let mut counter = Counter::open().await;
    counter.scan(STRIP).scan(UNKNOWN);
    assert_eq!(counter.rang(), 1);
    insta::assert_snapshot!("scan_unresolved_80x24", counter.screen());
    insta::assert_snapshot!("scan_unresolved_45x20", counter.till.screen(45, 20));
    counter.press(Code::F(10));
    assert!(counter.till.model.sale.payment.is_none());
    assert!(
        counter
            .screen()
            .contains("6161100230018 is not in the catalogue: Enter on its line")
    );
    // Found by name: the drug has its place, as many of it as were scanned.
    counter.scan(UNKNOWN);
    assert_eq!(counter.basket(), "1 strip 10 Panadol 500 mg; 2 ? 6161100230018");
    counter.write("\r");
    insta::assert_snapshot!("scan_find_by_name_80x24", counter.screen());
    counter.write("hedex\r");
    assert_eq!(
        counter.basket(),
        "1 strip 10 Panadol 500 mg; 2 tab Hedex 200/400/50 mg",
        "{}",
        counter.screen()
    );
    // Or taken out, and that undone.
    counter.scan(UNKNOWN).press(Code::Delete);
    assert_eq!(counter.basket(), "1 strip 10 Panadol 500 mg; 2 tab Hedex 200/400/50 mg");
    counter.till.press("Ctrl+Z");
    assert!(counter.basket().ends_with("; 1 ? 6161100230018"));
    counter.write("-");
    counter.write("+\r");
    assert_eq!(sold(&mut counter.till).len(), 1, "{}", counter.screen());
}

#[tokio::test]
async fn an_unknown_code_is_kept_over_a_kill() {
    let mut counter = Counter::open().await;
    counter.write("4*").scan(UNKNOWN);
    let mut drafts = counter.till.wanted().into_iter().filter_map(|effect| match effect {
        Effect::KeepDraft(draft) => Some(draft),
        _ => None,
    });
    let kept = serde_json::to_vec(&drafts.next_back().unwrap()).unwrap();
    let draft: Draft = serde_json::from_slice(&kept).unwrap();
    let left = Recovering {
        draft,
        ..Recovering::default()
    };
    let again = Counter::with(Till::reopened(left, sample().await));
    assert_eq!(again.basket(), "4 ? 6161100230018");
}

#[tokio::test]
async fn in_the_payment_a_scan_is_refused_with_sound_and_is_no_money() {
    for ms in [0, 5, 35] {
        for code in [STRIP, UNKNOWN, "m61611"] {
            let mut counter = Counter::open().await;
            counter.scan(STRIP).write("+").write("20");
            counter.till.wanted();
            let text = format!("{code}\r");
            if ms == 0 {
                counter.after(500).at_once(&text).after(100);
            } else {
                counter.after(500).every(ms, &text).after(100);
            }
            let payment = counter.till.model.sale.payment.as_ref().unwrap();
            assert_eq!(payment.entry.text(), "20", "{ms} {code}: {}", counter.screen());
            assert_eq!(payment.amount, None);
            assert!(counter.screen().contains("scan ignored: it is no money"));
            assert_eq!(counter.rang(), 1);
            assert_eq!(counter.basket(), "1 strip 10 Panadol 500 mg");
        }
    }
}

#[tokio::test]
async fn no_question_is_answered_by_a_scan() {
    for code in ["y1234567", "n1234567", "Y6161100012370"] {
        let mut counter = Counter::open().await;
        counter.scan(STRIP).press(Code::Esc).after(1000);
        assert_eq!(counter.till.model.layer(), Layer::Question);
        counter.scan(code);
        assert_eq!(counter.till.model.layer(), Layer::Question, "{}", counter.screen());
        assert_eq!(counter.basket(), "1 strip 10 Panadol 500 mg");
        // The person's own key is an answer.
        counter.after(1000).write("y");
        assert_eq!(counter.basket(), "");
    }
}

#[tokio::test]
async fn elsewhere_a_scan_is_ignored_with_a_word_and_its_letters_run_nothing() {
    let mut counter = Counter::open().await;
    for screen in [3, 4, 7] {
        counter.press(Code::F(screen));
        let before = counter.till.model.layer();
        counter.scan("tnbo/123").scan(STRIP);
        assert!(counter.screen().contains("scan ignored"), "{}", counter.screen());
        assert!(counter.screen().contains("F2"));
        assert_eq!(counter.till.model.layer(), before);
        assert!(!counter.screen().contains("held"), "{}", counter.screen());
    }
    assert_eq!(counter.basket(), "");
}

#[tokio::test]
async fn over_a_card_a_scan_is_sold() {
    let mut counter = Counter::open().await;
    counter.write("hedex").press(Code::Right);
    assert!(matches!(counter.till.model.over, Some(Over::Card(_))));
    counter.scan(STRIP);
    assert_eq!(counter.basket(), "1 strip 10 Panadol 500 mg");
    assert!(counter.till.model.over.is_none() && counter.till.model.sale.entry.is_empty());
}

#[tokio::test]
async fn in_a_form_a_scan_fills_the_field_of_a_code_and_no_other() {
    let mut counter = Counter::open().await;
    counter.press(Code::F(4));
    counter.till.press("Ctrl+N");
    counter.write("old").scan("010616110001237010L41B");
    let text = |counter: &Counter| {
        counter
            .till
            .model
            .desks
            .of(Dimension::Drug)
            .form
            .as_ref()
            .unwrap()
            .line
            .text()
            .to_owned()
    };
    assert_eq!(text(&counter), "06161100012370");
    counter.press(Code::Down).write("Panadol").scan(STRIP);
    assert_eq!(text(&counter), "Panadol");
    assert!(counter.screen().contains("scan ignored"), "{}", counter.screen());
}

#[tokio::test]
async fn a_code_is_found_in_any_of_the_lengths_of_a_gtin() {
    for code in ["06161100012370", "]E06161100012370", "010616110001237021SN1"] {
        let mut counter = Counter::open().await;
        counter.scan(code);
        assert_eq!(counter.basket(), "1 strip 10 Panadol 500 mg", "{code}");
    }
    // Another indicator digit is another pack.
    let mut counter = Counter::open().await;
    counter.scan("16161100012377");
    assert_eq!(counter.basket(), "1 ? 16161100012377");
}

#[tokio::test]
async fn batch_and_expiry_stand_on_the_line_and_another_batch_on_another() {
    let mut counter = Counter::open().await;
    let label = |batch: &str| format!("0106161100012370172803{}10{batch}", "31");
    counter
        .scan(&label("L41B"))
        .scan(&label("L41B"))
        .scan(&label("K2"))
        .scan(STRIP);
    assert_eq!(
        counter.basket(),
        "2 strip 10 Panadol 500 mg; 1 strip 10 Panadol 500 mg; 1 strip 10 Panadol 500 mg"
    );
    insta::assert_snapshot!("scan_batches_80x24", counter.screen());
}

#[tokio::test]
async fn expired_goods_are_refused_at_once_in_words() {
    let mut counter = Counter::open().await;
    // It is 2 March 2026; the label says the end of February.
    counter.scan("01061611000123701726020010L9");
    assert_eq!(counter.basket(), "");
    assert_eq!(counter.rang(), 1);
    insta::assert_snapshot!("scan_expired_80x24", counter.screen());
    // On their last day they are sold.
    counter.scan("01061611000123701726030210L9");
    assert_eq!(counter.basket(), "1 strip 10 Panadol 500 mg");
}

#[tokio::test]
async fn a_label_read_twice_is_told_on_its_line_and_two_boxes_are_two() {
    let mut counter = Counter::open().await;
    counter.scan(STRIP).after(50);
    counter.every(5, &format!("{STRIP}\r"));
    assert_eq!(counter.basket(), "2 strip 10 Panadol 500 mg");
    counter.every(5, &format!("{STRIP}\r"));
    assert_eq!(counter.basket(), "2 strip 10 Panadol 500 mg");
    insta::assert_snapshot!("scan_repeat_80x24", counter.screen());
    counter.after(400).write("*3\r");
    assert_eq!(counter.basket(), "3 strip 10 Panadol 500 mg");
    counter.after(400).every(5, &format!("{STRIP}\r"));
    assert_eq!(counter.basket(), "4 strip 10 Panadol 500 mg");
}

#[tokio::test]
async fn a_receipt_is_looked_for_and_no_goods() {
    let mut counter = Counter::open().await;
    counter.scan("T01-000123");
    assert!(
        counter.screen().contains("looking for T01-000123"),
        "{}",
        counter.screen()
    );
    assert_eq!(counter.basket(), "");
}

#[tokio::test]
async fn while_the_answer_of_a_sale_is_out_a_scan_goes_to_the_next_basket() {
    let mut counter = Counter::open().await;
    counter.scan(STRIP);
    let request = pay(&mut counter.till);
    counter.scan(STRIP).scan(STRIP);
    assert_eq!(counter.basket(), "2 strip 10 Panadol 500 mg");
    let first = counter.till.model.sale.waiting.as_ref().unwrap().basket.lines[0].quantity;
    assert_eq!(first.to_string(), "1");
    answer(&mut counter.till, request, Outcome::Committed);
    assert_eq!(counter.basket(), "2 strip 10 Panadol 500 mg");
}

#[tokio::test]
async fn a_word_that_came_in_one_read_is_a_word() {
    // Over a slow line the keys of a person come together.
    let mut counter = Counter::open().await;
    counter.at_once("hedex").after(100).at_once("\r").after(100);
    assert_eq!(counter.basket(), "1 tab Hedex 200/400/50 mg");
    counter.at_once("panadol\r").after(100);
    assert_eq!(counter.basket(), "1 tab Hedex 200/400/50 mg; 1 tab Panadol 500 mg");
    counter.at_once("xyzzyx\r").after(100);
    assert!(
        counter.screen().contains("nothing is called “xyzzyx”"),
        "{}",
        counter.screen()
    );
    // The reference of a tender too.
    counter
        .write("\u{8}")
        .press(Code::Esc)
        .write("+m")
        .at_once("sgh7x2k9pl\r")
        .after(100);
    assert_eq!(sold(&mut counter.till).len(), 1, "{}", counter.screen());
}

#[tokio::test]
async fn digits_of_one_read_that_cannot_be_what_is_typed_there_are_a_scan_and_no_text() {
    // As long as a code, and known to nobody: no reference, no price, no ticket.
    let mut counter = Counter::open().await;
    counter
        .scan(STRIP)
        .write("+m")
        .at_once(&format!("{UNKNOWN}\r"))
        .after(100);
    let payment = counter.till.model.sale.payment.as_ref().unwrap();
    assert_eq!(payment.entry.text(), "", "{}", counter.screen());
    assert!(counter.screen().contains("scan ignored: it is no money"));
    // What is one may have been typed while the line was slow.
    counter.at_once("1234567890\r").after(100);
    assert_eq!(sold(&mut counter.till).len(), 1, "{}", counter.screen());

    let mut counter = Counter::open().await;
    counter
        .scan(STRIP)
        .press(Code::F(9))
        .press(Code::F(9))
        .at_once(&format!("{UNKNOWN}\r"));
    assert!(
        counter.after(100).screen().contains("scan ignored"),
        "{}",
        counter.screen()
    );

    let mut counter = Counter::open().await;
    counter.press(Code::F(4));
    counter.till.press("Ctrl+N");
    let price = Dimension::Drug.spec().position("price").unwrap();
    for _ in 0..price {
        counter.press(Code::Down);
    }
    counter.write("12").at_once(&format!("{UNKNOWN}\r")).after(100);
    let form = counter.till.model.desks.of(Dimension::Drug).form.as_ref();
    assert_eq!(form.unwrap().line.text(), "12", "{}", counter.screen());
}

#[tokio::test]
async fn with_the_bell_off_nothing_rings() {
    let mut counter = Counter::open().await;
    counter.till.model.settings.bell = false;
    counter.scan(UNKNOWN);
    assert_eq!(counter.rang(), 0);
    assert_eq!(counter.basket(), "1 ? 6161100230018");
}
