//! The order of strengths: by what is in the unit, not by their letters.
use std::cmp::Ordering;

/// Orders two strengths, given as words (`" 500 mg"`): 5 mg before 10 mg before 1 g, then part by part (20/120 before
/// 20/240). No strength comes first. The order is total: equal only for equal text.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    magnitude(a)
        .total_cmp(&magnitude(b))
        .then_with(|| part_by_part(a, b))
        .then_with(|| a.cmp(b))
}

/// The first number, in micrograms where a unit of mass follows it anywhere, else as it stands.
fn magnitude(strength: &str) -> f64 {
    let mut words = strength.split_ascii_whitespace();
    let Some(number) = words.by_ref().find_map(number) else {
        return 0.0;
    };
    let micrograms = words.find_map(|word| match word {
        "mcg" | "ug" | "μg" => Some(1.0),
        "mg" => Some(1e3),
        "g" => Some(1e6),
        _ => None,
    });
    number * micrograms.unwrap_or(1.0)
}

fn part_by_part(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split_ascii_whitespace(), b.split_ascii_whitespace());
    loop {
        let parts = (a.next(), b.next());
        let (Some(x), Some(y)) = parts else {
            return parts.0.is_some().cmp(&parts.1.is_some());
        };
        let order = match (number(x), number(y)) {
            (Some(x), Some(y)) => x.total_cmp(&y),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => x.cmp(y),
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn number(word: &str) -> Option<f64> {
    word.starts_with(|c: char| c.is_ascii_digit())
        .then(|| word.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strengths_stand_in_the_order_of_what_they_hold() {
        let ordered = [
            "",
            " 50 mcg",
            " 0.5 mg",
            " 2.5 mg",
            " 5 mg",
            " 10 mg",
            " 20 120 mg",
            " 20 240 mg",
            " 125 mg 5 ml",
            " 500 mg",
            " 1 g",
        ];
        for pair in ordered.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(compare(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
    }

    #[test]
    fn odd_numbers_still_have_an_order() {
        let endless = format!(" {} mg", "9".repeat(400));
        for odd in [" 1.2.3", &endless, " 05 mg", " iu"] {
            assert_eq!(compare(odd, odd), Ordering::Equal);
            assert_eq!(compare(odd, " 5 mg"), compare(" 5 mg", odd).reverse());
        }
    }
}
