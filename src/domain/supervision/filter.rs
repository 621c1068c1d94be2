//! What somebody wants to see of the stream, in words: `uhuru kind:return over:1000 @mwabili`.
use super::row::{RowKind, StreamRow};
use crate::domain::money::Money;
use crate::domain::name::fold;

/// Which rows are shown. Empty: all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LiveFilter {
    /// The row of an outlet.
    pub outlet_id: Option<i64>,
    /// The row of an employee.
    pub employee_id: Option<i64>,
    /// The row of a drug.
    pub drug_id: Option<i64>,
    /// The row of a prescriber.
    pub doctor_id: Option<i64>,
    /// Folded beginnings of words of the outlet's name.
    pub outlet: Option<String>,
    /// Of the employee's.
    pub employee: Option<String>,
    /// Of the drug's, or of what happened.
    pub drug: Option<String>,
    /// Of the prescriber's.
    pub doctor: Option<String>,
    /// The kind.
    pub kind: Option<RowKind>,
    /// At least so much money, whichever way it went.
    pub over: Option<Money>,
    /// Folded words that may stand anywhere in the row.
    pub words: Vec<String>,
}

/// Words before the colon, and what they mean.
const HELP: &str = "outlet: employee: drug: doctor: kind: over:";

impl LiveFilter {
    /// Reads what somebody typed. A word without a colon may stand anywhere in a row.
    ///
    /// # Errors
    /// In words, when a kind or an amount is not one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut filter = Self::default();
        for word in text.split_whitespace() {
            let Some((what, value)) = word.split_once(':') else {
                if let Some(doctor) = word.strip_prefix('@') {
                    filter.doctor = Some(fold(doctor));
                } else {
                    filter.words.push(fold(word));
                }
                continue;
            };
            let value = fold(value);
            match what {
                "outlet" => filter.outlet = Some(value),
                "employee" | "by" => filter.employee = Some(value),
                "drug" => filter.drug = Some(value),
                "doctor" => filter.doctor = Some(value),
                "kind" => filter.kind = Some(kind(&value)?),
                "over" => {
                    let amount = value.parse().map_err(|error| format!("over: {error}"))?;
                    filter.over = Some(amount);
                }
                other => return Err(format!("“{other}:” is none of {HELP}")),
            }
        }
        Ok(filter)
    }

    /// Whether every row is shown.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a row is shown. Notes about the stream itself always are.
    pub fn takes(&self, row: &StreamRow) -> bool {
        if self.is_empty() || row.kind == RowKind::Note {
            return true;
        }
        let is = |wanted: Option<i64>, id: Option<i64>| wanted.is_none_or(|wanted| id == Some(wanted));
        let named =
            |wanted: &Option<String>, name: &str| wanted.as_ref().is_none_or(|wanted| fold(name).contains(wanted));
        is(self.outlet_id, row.outlet_id)
            && is(self.employee_id, row.employee_id)
            && is(self.drug_id, row.drug_id)
            && is(self.doctor_id, row.doctor_id)
            && self.kind.is_none_or(|kind| row.kind == kind)
            && self
                .over
                .is_none_or(|over| row.amount.is_some_and(|amount| amount.abs() >= over))
            && named(&self.outlet, &row.outlet)
            && named(&self.employee, &row.employee)
            && named(&self.drug, &row.what)
            && named(&self.doctor, &row.doctor)
            && self.has_words(row)
    }

    fn has_words(&self, row: &StreamRow) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let texts = [
            &row.outlet,
            &row.till,
            &row.employee,
            &row.what,
            &row.doctor,
            &row.receipt,
        ];
        let texts = texts.map(|text| fold(text));
        self.words
            .iter()
            .all(|word| texts.iter().any(|text| text.contains(word)))
    }
}

fn kind(word: &str) -> Result<RowKind, String> {
    match word {
        "sale" => Ok(RowKind::Sale),
        "return" => Ok(RowKind::Return),
        "void" => Ok(RowKind::Void),
        "audit" | "event" => Ok(RowKind::Audit),
        "older" => Ok(RowKind::Older),
        "unreadable" => Ok(RowKind::Unreadable),
        other => Err(format!(
            "kind:{other} is none of sale, return, void, event, older, unreadable"
        )),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn row() -> StreamRow {
        StreamRow {
            outlet_id: Some(3),
            outlet: "Uhuru Corner".to_owned(),
            employee_id: Some(7),
            employee: "Otieno Ouma".to_owned(),
            doctor: "Mwabili".to_owned(),
            amount: "-400".parse().ok(),
            receipt: "T03-000041".to_owned(),
            ..StreamRow::note(Timestamp::UNIX_EPOCH, RowKind::Return, "Tramadol 50 mg")
        }
    }

    fn takes(words: &str) -> bool {
        LiveFilter::parse(words).unwrap().takes(&row())
    }

    #[test]
    fn all_that_is_asked_must_hold() {
        for words in [
            "",
            "uhuru",
            "tramadol otieno",
            "kind:return over:400",
            "outlet:corner by:ouma",
            "@mwab",
            "t03-000041",
        ] {
            assert!(takes(words), "{words}");
        }
        for words in [
            "kilifi",
            "kind:sale",
            "over:400.01",
            "outlet:otieno",
            "tramadol asha",
            "@njoroge",
        ] {
            assert!(!takes(words), "{words}");
        }
    }

    #[test]
    fn what_is_no_filter_is_said() {
        assert!(LiveFilter::parse("kind:gift").unwrap_err().contains("sale, return"));
        assert!(LiveFilter::parse("over:much").unwrap_err().contains("much"));
        assert!(LiveFilter::parse("shop:3").unwrap_err().contains("outlet:"));
    }
}
