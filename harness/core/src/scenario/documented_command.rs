//! Commands that a document prints for its readers: how they are run, and when their answer is the truth.
//!
//! Pure. The class is computed from the recorded facts, so a command that behaves otherwise gets another class.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::expectation::Expectations;

/// A printed command, examined: facts `class`, `exit`, `ended`, `stdout`, `stderr`, `said`, `rows`, `reveals-key`, `instead.*`.
#[derive(Clone, Debug, Serialize)]
pub struct DocumentedCommand {
    /// The text, as a reader would paste it.
    pub text: String,
    /// What of the text is not run as printed, and why.
    pub replace: Vec<Replacement>,
    /// When its output counts as an answer. Default: it ends by itself, with 0.
    pub answered_when: Expectations,
    /// What a reader must learn from the answer.
    pub must_show: Expectations,
    /// The command to run instead; it must show the same.
    pub correction: Option<String>,
    /// Ended after this long.
    pub timeout: Duration,
    /// What takes back the change that it makes.
    pub undo: Option<String>,
}

/// A part of a printed text that is not run as printed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Replacement {
    pub text: String,
    pub by: String,
    pub reason: String,
}

/// What becomes of a reader who follows the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// No answer.
    Broken,
    /// An answer without what the reader must learn.
    Misleads,
    /// Unknown: the correction does not show it either.
    Unproven,
    /// An answer, and the truth.
    Works,
}

impl Class {
    pub const ALL: [Self; 4] = [Self::Broken, Self::Misleads, Self::Unproven, Self::Works];

    /// As scenarios spell it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Misleads => "misleads",
            Self::Unproven => "unproven",
            Self::Works => "works",
        }
    }
}

impl DocumentedCommand {
    /// The text as it is run.
    pub fn run_as(&self) -> String {
        self.replace.iter().fold(self.text.clone(), |text, part| text.replace(&part.text, &part.by))
    }

    /// The class by the facts of the command, and of its correction.
    pub fn class(&self, observed: &Value, correction: Option<&Value>) -> Class {
        let met = |demands: &Expectations, facts: &Value| demands.mismatches(facts).is_empty();
        let corrects = |facts: &Value| facts["exit"] == 0 && met(&self.must_show, facts);
        if correction.is_some_and(|facts| !corrects(facts)) {
            Class::Unproven
        } else if !met(&self.answered_when, observed) {
            Class::Broken
        } else if met(&self.must_show, observed) {
            Class::Works
        } else {
            Class::Misleads
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::expectation::{Expectation, Matcher};

    fn demand(path: &str, matcher: Matcher) -> Expectations {
        Expectations(vec![Expectation { path: path.to_owned(), matcher }])
    }

    fn printed() -> DocumentedCommand {
        DocumentedCommand {
            text: "list one two".to_owned(),
            replace: vec![Replacement { text: "two".to_owned(), by: "2".to_owned(), reason: "b".to_owned() }],
            answered_when: demand("exit", Matcher::Equals { value: json!(0) }),
            must_show: demand("stdout", Matcher::Contains { value: json!("truth") }),
            correction: None,
            timeout: Duration::from_secs(1),
            undo: None,
        }
    }

    #[test]
    fn the_class_is_what_was_seen() {
        let seen = |exit: i64, stdout: &str| json!({"exit": exit, "stdout": stdout});
        let class = |seen: &Value, instead: Option<&Value>| printed().class(seen, instead).word();
        assert_eq!(class(&seen(0, "the truth"), None), "works");
        assert_eq!(class(&seen(0, "the truth"), Some(&seen(0, "the same truth"))), "works");
        assert_eq!(class(&seen(0, "half of it"), Some(&seen(0, "the truth"))), "misleads");
        assert_eq!(class(&seen(1, "the truth"), Some(&seen(0, "the truth"))), "broken");
    }

    #[test]
    fn without_a_replacement_that_tells_nothing_is_said() {
        let class = |instead: Value| printed().class(&json!({"exit": 0, "stdout": "half"}), Some(&instead));
        assert_eq!(class(json!({"exit": 0, "stdout": "half"})), Class::Unproven);
        assert_eq!(class(json!({"exit": 1, "stdout": "the truth"})), Class::Unproven);
    }

    #[test]
    fn only_what_is_named_is_replaced() {
        assert_eq!(printed().run_as(), "list one 2");
    }
}
