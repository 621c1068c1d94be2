//! References of tenders: how they are kept, what they must look like, where one was used.
use std::fmt;

use jiff::civil::Date;
use regex::Regex;
use regex_syntax::hir::{Class, ClassBytesRange, ClassUnicodeRange, Hir, HirKind};

use super::PaymentFault;
use crate::domain::catalogue::Tender;

/// More characters no store keeps.
const LONGEST: usize = 60;

/// Where a reference was used that may be used once only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceUse {
    /// The outlet's name.
    pub outlet: String,
    /// The business date there.
    pub date: Date,
    /// The receipt.
    pub receipt: String,
}

impl fmt::Display for ReferenceUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.date.strftime("%-d %b %Y");
        write!(f, "used at {} on {date}, {}", self.outlet, self.receipt)
    }
}

/// A reference as it is kept and compared: upper-cased, without spaces.
///
/// # Errors
/// When it is missing or does not match the tender's pattern, with what is expected in words.
pub fn reference_of(tender: &Tender, reference: Option<&str>) -> Result<Option<String>, PaymentFault> {
    if tender.reference_pattern.is_empty() {
        return Ok(None);
    }
    let kept: String = reference
        .unwrap_or_default()
        .split_whitespace()
        .collect::<String>()
        .to_uppercase();
    if kept.is_empty() {
        return Err(PaymentFault::ReferenceWanted {
            tender: tender.name.clone(),
            expected: expected(tender),
        });
    }
    // A pattern that is no regular expression matches nothing: the office sees it at the first sale.
    if kept.len() <= LONGEST && Regex::new(&tender.reference_pattern).is_ok_and(|pattern| pattern.is_match(&kept)) {
        Ok(Some(kept))
    } else {
        Err(PaymentFault::Reference {
            tender: tender.name.clone(),
            reference: kept,
            expected: expected(tender),
        })
    }
}

/// What a reference of the tender looks like, in words: "10 letters or digits". A pattern for which there are no plain
/// words is shown as it is.
pub fn expected(tender: &Tender) -> String {
    let pattern = &tender.reference_pattern;
    let words = regex_syntax::parse(pattern).ok().and_then(|parsed| words(&parsed));
    words.unwrap_or_else(|| format!("like {pattern}"))
}

/// The parts of a pattern one after the other.
fn words(pattern: &Hir) -> Option<String> {
    let parts = match pattern.kind() {
        HirKind::Concat(parts) => parts.as_slice(),
        _ => std::slice::from_ref(pattern),
    };
    let mut said = Vec::new();
    for part in parts {
        match part.kind() {
            HirKind::Look(_) | HirKind::Empty => {}
            HirKind::Literal(literal) => said.push(format!("“{}”", std::str::from_utf8(&literal.0).ok()?)),
            HirKind::Class(class) => said.push(counted(class, 1, Some(1))?),
            HirKind::Repetition(repeated) => match repeated.sub.kind() {
                HirKind::Class(class) => said.push(counted(class, repeated.min, repeated.max)?),
                _ => return None,
            },
            _ => return None,
        }
    }
    (!said.is_empty()).then(|| said.join(", then "))
}

/// "6 digits", "1 letter", "8 to 12 letters or digits".
fn counted(class: &Class, least: u32, most: Option<u32>) -> Option<String> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.ranges().iter().copied().map(ends_unicode).collect(),
        Class::Bytes(class) => class.ranges().iter().copied().map(ends_bytes).collect(),
    };
    let within = |first: char, last: char| ranges.iter().any(|(from, to)| *from <= first && last <= *to);
    let all = |allowed: fn(char) -> bool| ranges.iter().all(|(from, to)| allowed(*from) && allowed(*to));
    let (one, many) = match (within('A', 'Z'), within('0', '9')) {
        (true, true) if all(|c| c.is_ascii_alphanumeric()) => ("letter or digit", "letters or digits"),
        (true, false) if all(|c| c.is_ascii_alphabetic()) => ("letter", "letters"),
        (false, true) if all(|c| c.is_ascii_digit()) => ("digit", "digits"),
        _ => return None,
    };
    Some(match (least, most) {
        (1, Some(1)) => format!("1 {one}"),
        (least, Some(most)) if least == most => format!("{least} {many}"),
        (least, Some(most)) => format!("{least} to {most} {many}"),
        (least, None) => format!("{least} or more {many}"),
    })
}

fn ends_unicode(range: ClassUnicodeRange) -> (char, char) {
    (range.start(), range.end())
}

fn ends_bytes(range: ClassBytesRange) -> (char, char) {
    (range.start().into(), range.end().into())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn tender(pattern: &str) -> Tender {
        Tender {
            id: 2,
            uuid: Uuid::nil(),
            name: "M-Pesa".into(),
            entry_key: 'm',
            reference_pattern: pattern.into(),
            reference_unique: true,
            gives_change: false,
            refund_as: "m-pesa".into(),
            active: true,
        }
    }

    #[test]
    fn what_a_pattern_expects_is_said_in_words_a_clerk_knows() {
        for (pattern, words) in [
            ("^[A-Z0-9]{10}$", "10 letters or digits"),
            ("^[0-9]{6}$", "6 digits"),
            ("^[A-Z]{2}[0-9]{8,12}$", "2 letters, then 8 to 12 digits"),
            ("^POS-[0-9]+$", "“POS-”, then 1 or more digits"),
            ("^[A-Z][0-9]{4}$", "1 letter, then 4 digits"),
            ("^(A|B[0-9])$", "like ^(A|B[0-9])$"),
            ("(", "like ("),
        ] {
            assert_eq!(expected(&tender(pattern)), words, "{pattern}");
        }
    }

    #[test]
    fn a_refused_reference_says_how_long_it_is_and_what_is_expected() {
        let tender = tender("^[A-Z0-9]{10}$");
        let fault = reference_of(&tender, Some("sgh7x2")).unwrap_err();
        assert_eq!(
            fault.to_string(),
            "“SGH7X2” is no M-Pesa reference: 6 signs; expected: 10 letters or digits"
        );
        let kept = reference_of(&tender, Some(" sgh7x 2k9pl "));
        assert_eq!(kept, Ok(Some(String::from("SGH7X2K9PL"))));
    }

    #[test]
    fn a_use_says_where_when_and_on_which_receipt() {
        let used = ReferenceUse {
            outlet: "Uhuru Corner".into(),
            date: jiff::civil::date(2025, 11, 3),
            receipt: "T02-000121".into(),
        };
        assert_eq!(used.to_string(), "used at Uhuru Corner on 3 Nov 2025, T02-000121");
    }
}
