//! Durations as text in scenarios, in recorded facts and in recorded reasons.
//!
//! The notation is a format of this project and does not depend on a library's debug output. `expectation::matching`
//! compares facts.

use std::time::Duration;

/// Parses `720h`, `30d`, `1h30m`, `5m`, `300ms`, `1.5s`: the notation of Go's `time.ParseDuration` without a sign, plus
/// `d` for 24 hours. `None` for any other text.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let amount: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|letter: char| letter.is_ascii_digit()).unwrap_or(rest.len());
        let seconds = match &rest[..letters] {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        rest = &rest[letters..];
        total = total.checked_add(Duration::try_from_secs_f64(amount * seconds).ok()?)?;
    }
    Some(total)
}

/// Formats a duration for [`parse_duration`], in whole milliseconds: `30d`, `1h30m`, `300ms`.
pub fn spell_duration(duration: Duration) -> String {
    const UNITS: [(u128, &str); 5] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")];
    let mut rest = duration.as_millis();
    let mut spelled = String::new();
    for (size, unit) in UNITS {
        if rest >= size {
            spelled += &(rest / size).to_string();
            spelled += unit;
            rest %= size;
        }
    }
    if spelled.is_empty() { "0s".to_owned() } else { spelled }
}

/// Whole milliseconds, as facts and events have them. More than fit are the greatest number.
pub fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_go_durations_and_days() {
        let rows = [
            ("720h", Some(2_592_000_000)),
            ("30d", Some(2_592_000_000)),
            ("720h0m0s", Some(2_592_000_000)),
            ("1h30m", Some(5_400_000)),
            ("5m", Some(300_000)),
            ("300ms", Some(300)),
            ("1.5s", Some(1500)),
            ("10", None),
            ("", None),
            ("5 m", None),
            ("m5", None),
            ("1w", None),
        ];
        for (text, milliseconds) in rows {
            assert_eq!(parse_duration(text).map(|read| read.as_millis()), milliseconds, "{text}");
        }
    }

    #[test]
    fn formatted_durations_parse_back() {
        for text in ["30d", "1h30m", "5m", "300ms", "1d2h3m4s5ms", "0s"] {
            assert_eq!(spell_duration(parse_duration(text).unwrap()), text);
        }
    }
}
