use crossterm::event::{KeyCode as Code, KeyEvent, KeyModifiers};
use proptest::prelude::*;

use super::*;

/// A scanner and a person at one terminal: keys at times, and what the till makes of them.
struct Wire {
    reader: Reader,
    now: Instant,
    /// Characters that are commands where the screen is.
    commands: &'static str,
    read: Vec<Input>,
}

fn press(code: Code, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

/// As crossterm reports bytes in raw mode.
fn typed(c: char) -> Event {
    match c {
        '\r' => press(Code::Enter, KeyModifiers::NONE),
        '\t' => press(Code::Tab, KeyModifiers::NONE),
        '\n' => press(Code::Char('j'), KeyModifiers::CONTROL),
        '\u{1d}' => press(Code::Char('5'), KeyModifiers::CONTROL),
        '\u{2}' => press(Code::Char('b'), KeyModifiers::CONTROL),
        c => press(Code::Char(c), KeyModifiers::NONE),
    }
}

impl Wire {
    fn new(prefix: &str, suffix: Suffix) -> Self {
        Self {
            reader: Reader::new(Scanner {
                prefix: prefix.into(),
                suffix,
            }),
            now: Instant::now(),
            commands: "",
            read: Vec::new(),
        }
    }

    fn plain() -> Self {
        Self::new("", Suffix::Any)
    }

    /// The keys that are characters do something where the screen is.
    fn with_commands(commands: &'static str) -> Self {
        Self {
            commands,
            ..Self::plain()
        }
    }

    fn events(&mut self, events: Vec<Event>, is_timed: bool) {
        let at = self.now;
        self.reader.arrived(events, Read { at, is_timed });
        self.look();
    }

    fn look(&mut self) {
        let commands = self.commands;
        let acts = |key: Key| key.typed().is_some_and(|c| commands.contains(c));
        while let Some(input) = self.reader.next(acts) {
            if let Input::Scan(scan) = &input {
                self.reader.took(scan);
            }
            self.read.push(input);
        }
    }

    /// Keys of one read.
    fn at_once(&mut self, text: &str) -> &mut Self {
        self.events(text.chars().map(typed).collect(), true);
        self
    }

    /// Keys, each read by itself, so many milliseconds apart.
    fn every(&mut self, ms: u64, text: &str) -> &mut Self {
        for c in text.chars() {
            self.after(ms);
            self.events(vec![typed(c)], true);
        }
        self
    }

    /// So much time goes by; the till is told when it asked to be.
    fn after(&mut self, ms: u64) -> &mut Self {
        let then = self.now + Duration::from_millis(ms);
        if let Some(due) = self.reader.due().filter(|due| *due <= then) {
            self.now = due;
            self.reader.lapsed(due);
            self.look();
        }
        self.now = then;
        self
    }

    /// What was read: scans as `<6161…>`, not sure ones as `<6161…?>`, repeats as `<6161…!>`; text as `[…]`; keys by
    /// name; `^` where a run began.
    fn said(&mut self) -> String {
        let said: Vec<_> = std::mem::take(&mut self.read).iter().map(said).collect();
        said.concat()
    }
}

fn said(input: &Input) -> String {
    match input {
        Input::Key(key) => match key.typed() {
            Some(c) => c.to_string(),
            None => format!("{{{key}}}"),
        },
        Input::RunBegan => String::from("^"),
        Input::Text(text) => format!("[{text}]"),
        Input::Scan(scan) => {
            let sure = if scan.is_sure { "" } else { "?" };
            let repeat = if scan.repeated { "!" } else { "" };
            format!("<{}{sure}{repeat}>", scan.text)
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn a_fast_code_with_any_suffix_is_a_scan_and_each_character_was_told_at_once() {
    for suffix in ["\r", "\n", "\t", "\r\n"] {
        let mut wire = Wire::plain();
        wire.every(5, "616110001237").every(35, "0");
        assert_eq!(wire.said(), "^6161100012370");
        wire.every(35, suffix);
        assert_eq!(wire.said(), "<6161100012370>", "{suffix:?}");
    }
}

#[test]
fn a_key_slower_than_35_ms_is_typed() {
    let mut wire = Wire::plain();
    wire.every(36, "6161100012370\r");
    assert_eq!(wire.said(), "^6^1^6^1^1^0^0^0^1^2^3^7^0{Enter}");
    let mut wire = Wire::plain();
    wire.every(5, "6161100012370").every(36, "\r");
    assert_eq!(wire.said(), "^6161100012370{Enter}");
    // Words are typed, however fast.
    let mut wire = Wire::plain();
    wire.every(1, "mwabili\r").after(500).at_once("mwabili\r");
    assert_eq!(wire.said(), "^mwabili{Enter}[mwabili]{Enter}");
    // Fewer than six are no code, however fast; nor is what has no end.
    let mut wire = Wire::plain();
    wire.every(5, "12500\r").every(5, "616110").after(500);
    assert_eq!(wire.said(), "^12500{Enter}^616110");
}

#[test]
fn a_scan_plus_and_enter_of_one_read_are_all_three() {
    let mut wire = Wire::with_commands("+");
    wire.at_once("6161100012370\r+\r");
    assert_eq!(wire.said(), "<6161100012370?>+{Enter}");
    let mut wire = Wire::with_commands("+");
    wire.at_once("3*6161100012370\r");
    assert_eq!(wire.said(), "^3*<6161100012370?>");
    // The end may come by itself, and what has none is text.
    wire.after(500).at_once("6161100012370");
    assert_eq!(wire.said(), "");
    wire.after(30).at_once("\r");
    assert_eq!(wire.said(), "<6161100012370?>");
    wire.after(500).at_once("6161100012370").after(36);
    assert_eq!(wire.said(), "[6161100012370]");
}

#[test]
fn what_was_typed_while_the_till_was_busy_is_keys_and_no_scan() {
    for typed in [
        "+500",
        "+12500",
        "*12",
        "-",
        "@mwabi",
        "y",
        "amox 500",
        "nt",
        "3*panadol extra",
    ] {
        let mut wire = Wire::with_commands("+-@*ynt");
        wire.at_once(typed).after(36);
        assert_eq!(wire.said().replace('^', ""), typed, "{typed}");
    }
    for scanned in ["6161100012370", "]C1011234", "+A123BJC5D6E71", "PANA500"] {
        let mut wire = Wire::with_commands("+");
        wire.at_once(scanned).at_once("\r");
        assert_eq!(wire.said(), format!("<{scanned}?>"));
    }
}

#[test]
fn keys_that_waited_for_the_till_have_no_timing() {
    let mut wire = Wire::plain();
    for c in "6161100012370\r".chars() {
        wire.events(vec![typed(c)], false);
    }
    assert_eq!(wire.said(), "^6161100012370<6161100012370?>");
}

#[test]
fn words_keep_their_spaces_however_fast_they_are_typed() {
    let mut wire = Wire::plain();
    wire.every(5, "panadol extra\r");
    let said: String = wire.said().chars().filter(|c| *c != '^').collect();
    assert_eq!(said, "panadol extra{Enter}");
}

#[test]
fn what_is_no_known_scan_is_given_back_as_it_came() {
    let mut wire = Wire::plain();
    wire.reader.arrived(
        "amox500\r".chars().map(typed),
        Read {
            at: wire.now,
            is_timed: true,
        },
    );
    let Some(Input::Scan(scan)) = wire.reader.next(|_| false) else {
        panic!("no scan")
    };
    wire.reader.give_back(&scan);
    wire.look();
    assert_eq!(wire.said(), "[amox500]{Enter}");
}

#[test]
fn a_command_waits_until_it_is_known_that_no_code_begins_with_it() {
    let mut wire = Wire::with_commands("yn");
    wire.every(100, "y");
    assert_eq!(wire.said(), "");
    wire.after(35);
    assert_eq!(wire.said(), "");
    wire.after(1);
    assert_eq!(wire.said(), "y");
    wire.every(100, "y").every(10, "12345678\r");
    assert_eq!(wire.said(), "<y12345678>");
    // No code begins so: these do not wait.
    let mut wire = Wire::with_commands("-@*?:/= ");
    for c in "-@*?:/= ".chars() {
        wire.every(100, &c.to_string());
        assert_eq!(wire.said(), c.to_string());
    }
    // A key held down is no code either.
    let mut wire = Wire::with_commands("n");
    wire.every(33, "nnnnnnnn");
    assert_eq!(wire.said().replace('^', ""), "nnnnnnnn");
}

#[test]
fn esc_and_a_scan_read_together_are_esc_then_the_scan() {
    let mut wire = Wire::plain();
    let mut events = vec![press(Code::Char('6'), KeyModifiers::ALT)];
    events.extend("161100230018\r".chars().map(typed));
    wire.events(events, true);
    assert_eq!(wire.said(), "{Esc}<6161100230018?>");
}

#[test]
fn line_feed_and_group_separator_run_nothing_and_belong_to_the_scan() {
    let mut wire = Wire::plain();
    wire.every(5, "\n\u{1d}\r\n");
    assert_eq!(wire.said(), "{Enter}");
    wire.after(500).every(5, "010616110001237010L41B\u{1d}21SN77\r\n");
    assert!(wire.said().ends_with("<010616110001237010L41B\u{1d}21SN77>"));
    wire.after(500).at_once("010616110001237010L41B\u{1d}21SN77\r\n");
    assert_eq!(wire.said(), "<010616110001237010L41B\u{1d}21SN77?>");
}

#[test]
fn a_key_pressed_amid_a_scan_comes_after_it() {
    let mut wire = Wire::plain();
    wire.every(10, "61611");
    wire.events(vec![press(Code::F(3), KeyModifiers::NONE)], true);
    wire.every(10, "000 12370\r");
    assert_eq!(wire.said(), "^6161100012370<6161100012370>{F3} ");
    // Keys of one read have no timing: they are as they came.
    let mut wire = Wire::plain();
    let mut events: Vec<_> = "amox".chars().map(typed).collect();
    events.push(press(Code::Backspace, KeyModifiers::NONE));
    events.extend("xicillin".chars().map(typed));
    wire.events(events, true);
    wire.after(36);
    assert_eq!(wire.said(), "^amox{Backspace}[xicillin]");
}

#[test]
fn with_a_prefix_whatever_begins_with_it_is_a_scan() {
    for prefix in ["~", "\u{2}", "~>"] {
        let mut wire = Wire::new(prefix, Suffix::Any);
        wire.at_once(&format!("{prefix}A 7\r"));
        assert_eq!(wire.said(), "<A 7>");
        wire.after(500).every(5, &format!("{prefix}12\t"));
        assert_eq!(wire.said(), "<12>");
    }
    // Typed by itself it is a key, after a moment.
    let mut wire = Wire::new("~", Suffix::Any);
    wire.every(100, "~x").after(36);
    assert_eq!(wire.said(), "~^x");
}

#[test]
fn another_suffix_than_the_configured_one_ends_no_scan() {
    let mut wire = Wire::new("", Suffix::Tab);
    wire.every(5, "6161100012370\r");
    assert_eq!(wire.said(), "^6161100012370{Enter}");
    let mut wire = Wire::new("", Suffix::Nothing);
    wire.every(5, "6161100012370").after(36);
    assert_eq!(wire.said(), "^6161100012370<6161100012370>");
}

#[test]
fn a_bouncing_enter_and_the_same_label_read_twice_are_known() {
    let mut wire = Wire::plain();
    wire.every(200, "\r").every(79, "\r").every(80, "\r").every(80, "a\r");
    assert_eq!(wire.said(), "{Enter}{Enter}^a{Enter}");
    let code = "6161100012370\r";
    let mut wire = Wire::plain();
    wire.after(500)
        .at_once(code)
        .after(149)
        .at_once(code)
        .after(150)
        .at_once(code);
    assert_eq!(wire.said(), "<6161100012370?><6161100012370?!><6161100012370?>");
    // Another code is no repeat.
    wire.after(10).at_once("6161100012387\r");
    assert_eq!(wire.said(), "<6161100012387?>");
    // The second CR of a scanner is not an Enter of its own.
    wire.after(500).at_once(code).after(5).at_once("\r");
    assert_eq!(wire.said(), "<6161100012370?>");
}

proptest! {
    #[test]
    fn no_key_is_lost_added_or_told_out_of_turn(
        // A space or star within 35 ms of four such keys was pressed amid a scan, and comes after it.
        keys in prop::collection::vec(prop_oneof![
            8 => ("[a-z0-9+@\r\t]", 0_u64..120),
            1 => ("[* ]", 36_u64..120),
        ], 0..60),
        commands in prop_oneof![Just(""), Just("+@ynt"), Just("abcdefghijklmnopqrstuvwxyz0123456789+@* ")],
    ) {
        let mut wire = Wire::with_commands(commands);
        let mut pressed = String::new();
        let mut entered = false;
        for (key, ms) in &keys {
            wire.every(*ms, key);
            // A bouncing Enter is the one key that may go.
            if !(entered && key == "\r" && *ms < 80) {
                pressed.push_str(key);
            }
            entered = key == "\r";
        }
        wire.after(1000);
        let mut told = String::new();
        for input in std::mem::take(&mut wire.read) {
            match input {
                Input::Key(Key { code: KeyCode::Enter, .. }) => told.push('\r'),
                Input::Key(Key { code: KeyCode::Tab, .. }) => told.push('\t'),
                Input::Key(key) => told.extend(key.typed()),
                Input::Text(text) => told.push_str(&text),
                Input::Scan(scan) => {
                    // It takes back what was told of it.
                    let (waiting, _) = scan.run.waiting();
                    let shown = scan.run.text().len() - waiting.len();
                    told.truncate(told.len() - shown);
                    told.push_str(&scan.text);
                    told.push(if scan.suffix == Some(Key::plain(KeyCode::Tab)) { '\t' } else { '\r' });
                }
                _ => {}
            }
        }
        prop_assert_eq!(told, pressed);
    }
}
