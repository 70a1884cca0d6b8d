//! The violation of a rule.

use std::fmt;

/// The violation of a rule and its position.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Problem {
    pub(super) severity: Severity,
    pub(super) path: String,
    /// From 1; `None` when it concerns the file as a whole.
    pub(super) line: Option<usize>,
    pub(super) rule: &'static str,
    pub(super) message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    Note,
    Error,
}

impl Problem {
    pub(super) fn error(path: &str, line: Option<usize>, rule: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, path: path.to_owned(), line, rule, message: message.into() }
    }

    pub(super) fn note(path: &str, rule: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Note, path: path.to_owned(), line: None, rule, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.path)?;
        if let Some(line) = self.line {
            write!(out, ":{line}")?;
        }
        let word = match self.severity {
            Severity::Note => "note ",
            Severity::Error => "",
        };
        write!(out, ": {word}[{}] {}", self.rule, self.message)
    }
}

/// `rule path:line` of each, for tests.
#[cfg(test)]
pub(super) fn brief(problems: &[Problem]) -> Vec<String> {
    let at = |problem: &Problem| problem.line.map_or_else(String::new, |line| format!(":{line}"));
    problems.iter().map(|problem| format!("{} {}{}", problem.rule, problem.path, at(problem))).collect()
}
