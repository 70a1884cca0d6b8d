//! A scanner of `PromQL` for one question: at which fixed time before expiry does a rule fire, and for which certificates?
//!
//! It is no parser: what it does not recognise it passes over. promql-parser would be one, but its grammar's runtime needs bincode, which is
//! unmaintained (RUSTSEC-2025-0141) and which the advisories of deny.toml refuse, and two dozen more crates.
//!
//! Understood is `<gauge>{…} - time() < number`, with parentheses, a filter `> 0`, products of numbers and another unit
//! (`/ 86400`). What compares with anything else, such as a share of the certificate's life, has no fixed time and is passed over.

use std::time::Duration;

use regex::Regex;

use super::certificate::Certificate;
use crate::expectation::matching::parse_duration;

/// When a certificate ends, in seconds since 1970.
const GAUGE: &str = "certmanager_certificate_expiration_timestamp_seconds";

/// One comparison of the time that is left with a number.
pub(super) struct Threshold {
    pub(super) before: Duration,
    selector: Vec<Condition>,
}

/// One condition of a selector: label, operator, value.
struct Condition {
    label: String,
    operator: String,
    value: String,
}

impl Threshold {
    /// Whether the rule looks at this certificate, as far as the files tell.
    pub(super) fn concerns(&self, certificate: &Certificate) -> bool {
        self.selector.iter().all(|condition| {
            let Some(value) = certificate.label(&condition.label) else { return true };
            // Prometheus matches the whole value.
            let by_pattern =
                || Regex::new(&format!("^(?:{})$", condition.value)).map_or(true, |pattern| pattern.is_match(value));
            match condition.operator.as_str() {
                "=" => value == condition.value,
                "!=" => value != condition.value,
                "=~" => by_pattern(),
                _ => !by_pattern(),
            }
        })
    }
}

/// Every such comparison of an expression.
pub(super) fn thresholds(expression: &str) -> Vec<Threshold> {
    let tokens = tokens(expression);
    let places = tokens.iter().enumerate().filter(|(_, token)| **token == GAUGE).map(|(index, _)| index + 1);
    places
        .filter_map(|place| {
            let mut rest = &tokens[place..];
            let selector = selector(&mut rest)?;
            Some(Threshold { before: compared(rest)?, selector })
        })
        .collect()
}

/// The conditions in braces, if there are any; `None` when they are not understood.
fn selector(rest: &mut &[&str]) -> Option<Vec<Condition>> {
    let mut conditions = Vec::new();
    if !skip(rest, "{") {
        return Some(conditions);
    }
    while !skip(rest, "}") {
        let [label, operator, value, after @ ..] = *rest else { return None };
        let value = value.get(1..value.len() - 1)?.replace("\\\\", "\\").replace("\\\"", "\"");
        conditions.push(Condition { label: (*label).to_owned(), operator: (*operator).to_owned(), value });
        *rest = after;
        skip(rest, ",");
    }
    Some(conditions)
}

/// The number that the time left is compared with.
fn compared(mut rest: &[&str]) -> Option<Duration> {
    // A gauge of zero is no time; rules leave it out.
    while skip(&mut rest, ")") || (rest.starts_with(&[">", "0"]) && skip(&mut rest, ">") && skip(&mut rest, "0")) {}
    for token in ["-", "time", "(", ")"] {
        skip(&mut rest, token).then_some(())?;
    }
    let mut unit = 1.0;
    loop {
        if skip(&mut rest, "/") {
            unit *= number(&mut rest)?;
        } else if !skip(&mut rest, ")") {
            break;
        }
    }
    (skip(&mut rest, "<") || skip(&mut rest, "<=")).then_some(())?;
    skip(&mut rest, "bool");
    let mut limit = 1.0;
    loop {
        while skip(&mut rest, "(") {}
        limit *= number(&mut rest)?;
        while skip(&mut rest, ")") {}
        if !skip(&mut rest, "*") {
            break;
        }
    }
    let goes_on = rest.first().is_some_and(|token| ["+", "-", "/", "%", "^"].contains(token));
    if goes_on { None } else { Duration::try_from_secs_f64(limit * unit).ok() }
}

fn number(rest: &mut &[&str]) -> Option<f64> {
    let (first, after) = rest.split_first()?;
    let number = first.parse().ok().or_else(|| Some(parse_duration(first)?.as_secs_f64()))?;
    *rest = after;
    Some(number)
}

fn skip(rest: &mut &[&str], token: &str) -> bool {
    match rest.split_first() {
        Some((first, after)) if *first == token => {
            *rest = after;
            true
        }
        _ => false,
    }
}

/// Words, numbers, texts in their quotes and signs, without space and comments.
fn tokens(expression: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = expression.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' | '\'' | '`' => quoted(rest, first),
            _ if is_inside(first) => rest.find(|letter| !is_inside(letter)).unwrap_or(rest.len()),
            _ if ["=~", "!~", "!=", "<=", ">=", "=="].iter().any(|sign| rest.starts_with(sign)) => 2,
            _ => first.len_utf8(),
        };
        if first != '#' {
            tokens.push(&rest[..length]);
        }
        rest = rest[length..].trim_start();
    }
    tokens
}

fn is_inside(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | ':' | '.')
}

/// Length of a text with both its quotes.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (index, letter) in text.char_indices().skip(1) {
        if letter == quote && !escaped {
            return index + 1;
        }
        escaped = letter == '\\' && !escaped && quote != '`';
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Node;

    fn days(expression: &str) -> Vec<u64> {
        let expression = expression.replace("GAUGE", GAUGE);
        thresholds(&expression).iter().map(|threshold| threshold.before.as_secs() / 86_400).collect()
    }

    #[test]
    fn a_fixed_time_before_expiry_is_read_in_every_usual_spelling() {
        let rows = [
            "GAUGE - time() < 604800",
            "GAUGE{name=\"a\"} - time() <= 604800",
            "(GAUGE - time()) < (7 * 24 * 3600)",
            "(GAUGE > 0) - time() < 604800 and on() vector(1)",
            "(GAUGE{name!~\"a|}b\"} - time()) / 86400 < 7",
            "((GAUGE - time()) / 3600) / 24 < bool 7",
            "GAUGE # the end\n - time() < 7d",
        ];
        for expression in rows {
            assert_eq!(days(expression), [7], "{expression}");
        }
        assert_eq!(days("GAUGE - time() < 86400 or GAUGE - time() < 172800"), [1, 2]);
    }

    #[test]
    fn what_has_no_fixed_time_is_passed_over() {
        let rows = [
            "up == 0",
            "absent(GAUGE)",
            "GAUGE == 0",
            "(GAUGE > 0) - time() < (GAUGE - other) * 6 / 7",
            "GAUGE - time() < 604800 - other",
            "GAUGE - time() > 604800",
            "GAUGE{",
        ];
        for expression in rows {
            assert_eq!(days(expression), Vec::<u64>::new(), "{expression}");
        }
    }

    #[test]
    fn a_selector_leaves_out_what_it_does_not_mean() {
        let text = "kind: Certificate\nmetadata: {name: a-root-ca, namespace: ca}\nspec: {secretName: s, issuerRef: {name: boot}}\n";
        let certificate = Certificate::read(&Node::parse(text).unwrap()).unwrap();
        let rows = [
            ("", true),
            ("{}", true),
            ("{name=\"a-root-ca\"}", true),
            ("{name=\"root\"}", false),
            ("{name=~\".+-root-ca\", namespace='ca'}", true),
            ("{name=~\"root\"}", false),
            ("{name!~\".*-root-ca\"}", false),
            ("{exported_namespace!=\"ca\"}", false),
            ("{issuer_name=\"other\"}", false),
            // Which target is scraped says nothing of the certificate.
            ("{job=\"certificates\"}", true),
        ];
        for (selector, expected) in rows {
            let found = thresholds(&format!("{GAUGE}{selector} - time() < 1"));
            assert_eq!(found[0].concerns(&certificate), expected, "{selector}");
        }
    }
}
