//! Label selectors as Kubernetes spells them: `app=proxy-api,tier!=test`, `tier in (a, b)`, `part`, `!part`.
//!
//! Input: the text of a `selector`. Output: its requirements, or what is wrong with it. Pure, for the linter as for worlds without an API
//! server: what no API server would accept is an error here, never a requirement less. The comparisons of numbers (`gt`, `lt`) are refused.
//! Objects are not matched here: `kubernetes::selects` does that. The client library has a type for selectors, and no parser.

use std::str::FromStr;

/// Requirements that an object's labels must all meet; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSelector(pub Vec<Requirement>);

/// What one label must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    DoesNotExist(String),
    Equal(String, String),
    Exists(String),
    In(String, Vec<String>),
    /// Met by objects without the label, too.
    NotEqual(String, String),
    /// Met by objects without the label, too.
    NotIn(String, Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    #[error("an empty selector selects everything")]
    Empty,
    #[error("a requirement is missing before or after a comma")]
    NoRequirement,
    #[error("`{0}` is no requirement on a label")]
    Requirement(String),
    #[error("`{0}` compares numbers, which is not supported")]
    Number(String),
    #[error("`{0}` is not the name of a label")]
    Key(String),
    #[error("`{0}` is not the value of a label")]
    Value(String),
}

impl FromStr for LabelSelector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        if text.trim().is_empty() {
            return Err(SelectorError::Empty);
        }
        requirements(text).into_iter().map(requirement).collect::<Result<_, _>>().map(Self)
    }
}

/// The parts between commas; those between parentheses separate values.
fn requirements(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    let separates = |letter: char| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    };
    text.split(separates).map(str::trim).collect()
}

fn requirement(text: &str) -> Result<Requirement, SelectorError> {
    if text.is_empty() {
        return Err(SelectorError::NoRequirement);
    }
    if let Some(values) = text.strip_suffix(')') {
        return set(text, values);
    }
    if text.contains(['<', '>']) {
        return Err(SelectorError::Number(text.to_owned()));
    }
    if let Some((name, value_text)) = text.split_once("!=") {
        return Ok(Requirement::NotEqual(key(name)?, value(value_text)?));
    }
    if let Some((name, value_text)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return Ok(Requirement::Equal(key(name)?, value(value_text)?));
    }
    if let Some(name) = text.strip_prefix('!') {
        return key(name).map(Requirement::DoesNotExist);
    }
    if text.contains(char::is_whitespace) {
        return Err(SelectorError::Requirement(text.to_owned()));
    }
    key(text).map(Requirement::Exists)
}

/// `key in (a, b)` or `key notin (a, b)`, the last parenthesis taken away.
fn set(whole: &str, text: &str) -> Result<Requirement, SelectorError> {
    let wrong = || SelectorError::Requirement(whole.to_owned());
    let (head, values) = text.split_once('(').ok_or_else(wrong)?;
    let values = values.split(',').map(value).collect::<Result<Vec<_>, _>>()?;
    let mut words = head.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(name), Some("in"), None) => Ok(Requirement::In(key(name)?, values)),
        (Some(name), Some("notin"), None) => Ok(Requirement::NotIn(key(name)?, values)),
        _ => Err(wrong()),
    }
}

/// A name of at most 63 characters, after the DNS name of its owner and a slash where it has one.
fn key(text: &str) -> Result<String, SelectorError> {
    let text = text.trim();
    let (prefix, name) = text.rsplit_once('/').map_or((None, text), |(prefix, name)| (Some(prefix), name));
    let is_prefix = |prefix: &str| {
        let is_label =
            |label: &str| is_framed(label, &['-']) && !label.contains(|letter: char| letter.is_ascii_uppercase());
        prefix.len() <= 253 && prefix.split('.').all(is_label)
    };
    if !is_word(name) || !prefix.is_none_or(is_prefix) {
        return Err(SelectorError::Key(text.to_owned()));
    }
    Ok(text.to_owned())
}

/// Nothing, or like a name.
fn value(text: &str) -> Result<String, SelectorError> {
    let text = text.trim();
    if text.is_empty() || is_word(text) { Ok(text.to_owned()) } else { Err(SelectorError::Value(text.to_owned())) }
}

fn is_word(text: &str) -> bool {
    text.len() <= 63 && is_framed(text, &['-', '_', '.'])
}

/// Letters and digits, and `others` in between.
fn is_framed(text: &str, others: &[char]) -> bool {
    let is_end = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    is_end(text.chars().next())
        && is_end(text.chars().next_back())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || others.contains(&letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Vec<Requirement>, SelectorError> {
        text.parse().map(|selector: LabelSelector| selector.0)
    }

    #[test]
    fn every_form_is_read() {
        let text = |text: &str| text.to_owned();
        let equal = |key: &str, value: &str| Requirement::Equal(text(key), text(value));
        for (selector, expected) in [
            ("app=proxy-api", vec![equal("app", "proxy-api")]),
            ("app==a, app.kubernetes.io/name = b", vec![equal("app", "a"), equal("app.kubernetes.io/name", "b")]),
            ("app=", vec![equal("app", "")]),
            ("app!=a", vec![Requirement::NotEqual(text("app"), text("a"))]),
            ("app", vec![Requirement::Exists(text("app"))]),
            ("!app", vec![Requirement::DoesNotExist(text("app"))]),
            (
                "tier in (a, b),app notin (c),part",
                vec![
                    Requirement::In(text("tier"), vec![text("a"), text("b")]),
                    Requirement::NotIn(text("app"), vec![text("c")]),
                    Requirement::Exists(text("part")),
                ],
            ),
        ] {
            assert_eq!(parsed(selector), Ok(expected), "{selector}");
        }
    }

    #[test]
    fn what_an_api_server_would_refuse_is_an_error() {
        let text = |text: &str| text.to_owned();
        for (selector, error) in [
            ("", SelectorError::Empty),
            (" ", SelectorError::Empty),
            ("app=a,", SelectorError::NoRequirement),
            (",app=a", SelectorError::NoRequirement),
            ("app: a", SelectorError::Requirement(text("app: a"))),
            ("app within (a)", SelectorError::Requirement(text("app within (a)"))),
            ("app in a)", SelectorError::Requirement(text("app in a)"))),
            ("app in (a", SelectorError::Requirement(text("app in (a"))),
            ("size>3", SelectorError::Number(text("size>3"))),
            ("app=a=b", SelectorError::Value(text("a=b"))),
            ("app=!a", SelectorError::Value(text("!a"))),
            ("=a", SelectorError::Key(text(""))),
            ("!!app", SelectorError::Key(text("!app"))),
            ("/app=a", SelectorError::Key(text("/app"))),
            ("Example.com/app=a", SelectorError::Key(text("Example.com/app"))),
            ("-app=a", SelectorError::Key(text("-app"))),
        ] {
            assert_eq!(parsed(selector), Err(error), "{selector}");
        }
        assert!(parsed(&format!("a={}", "b".repeat(63))).is_ok());
        assert!(parsed(&format!("a={}", "b".repeat(64))).is_err());
    }
}
