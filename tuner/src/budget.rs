//! Time limits as people write them: `30m`, `90s`, `1h30m`.

use std::time::Duration;

use crate::{Error, Result};

/// Units from long to short, each at most once and in this order.
const UNITS: [(char, u64); 3] = [('h', 3600), ('m', 60), ('s', 1)];

/// Longest budget, in seconds: 30 days. Anything longer is a slip of the finger.
const LONGEST: u64 = 30 * 24 * 3600;

/// Reads a budget: whole hours, minutes and seconds in this order, each at most once.
///
/// # Errors
/// If the text is something else, the budget is zero, or it is longer than 30 days.
pub fn parse(text: &str) -> Result<Duration> {
    let seconds = seconds(text.trim()).ok_or_else(|| {
        fail(text, "expected hours, minutes and seconds such as 30m, 90s or 1h30m")
    })?;
    match seconds {
        0 => Err(fail(text, "nothing can be done in no time; give at least 1s")),
        1..=LONGEST => Ok(Duration::from_secs(seconds)),
        _ => Err(fail(text, "the longest budget is 720h")),
    }
}

/// The budget in the form that [`parse`] reads, to the second: `1h30m`.
pub fn print(budget: Duration) -> String {
    let mut left = budget.as_secs();
    let mut text = String::new();
    for (unit, seconds) in UNITS {
        if left >= seconds {
            text.push_str(&format!("{}{unit}", left / seconds));
            left %= seconds;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// The sum of `NUMBER UNIT` parts, or `None` where the text is not of that form.
fn seconds(text: &str) -> Option<u64> {
    let mut units = UNITS.iter();
    let mut rest = text;
    let mut total = 0u64;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let unit = rest[end..].chars().next()?;
        let (_, length) = units.find(|(known, _)| *known == unit)?;
        let number: u64 = rest[..end].parse().ok()?;
        total = total.checked_add(number.checked_mul(*length)?)?;
        rest = &rest[end + unit.len_utf8()..];
    }
    (!text.is_empty()).then_some(total)
}

fn fail(text: &str, why: &str) -> Error {
    Error::invalid(format!("budget '{}'", text.escape_debug()), why)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hours_minutes_and_seconds_add_up() {
        let cases = [("30m", 1800), ("90s", 90), ("1h30m", 5400), ("1h1s", 3601), (" 2h ", 7200)];
        for (text, seconds) in cases {
            assert_eq!(parse(text).unwrap(), Duration::from_secs(seconds), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_in_one_line_that_quotes_it() {
        for bad in ["", "m", "30", "1.5h", "-3m", "5m1h", "1m1m", "1 h", "3d", "9999999h", "0s"] {
            let error = parse(bad).unwrap_err().to_string();
            assert!(error.contains(&format!("'{bad}'")) && !error.contains('\n'), "{error}");
        }
        let huge = format!("{}0h", u64::MAX);
        assert!(parse(&huge).is_err());
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(seconds in 1..=LONGEST) {
            let budget = Duration::from_secs(seconds);
            prop_assert_eq!(parse(&print(budget)).unwrap(), budget);
        }

        #[test]
        fn any_text_is_read_or_refused_without_panic(text in "\\PC{0,12}") {
            let _ = parse(&text);
        }
    }
}
