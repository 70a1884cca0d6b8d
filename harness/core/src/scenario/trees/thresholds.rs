//! Alerts about expiry that a healthy renewal raises.
//!
//! A certificate is renewed a fixed time before its end. An alert that fires as early as that, or earlier, fires for every
//! certificate that is as it should be, and soon nobody reads it. Where it is meant so, a comment above the rule says why.

use std::time::Duration;

use super::{certificate::Certificate, expression::thresholds};
use crate::{
    expectation::matching::{parse_duration, spell_duration},
    yaml::{Node, Problem, Rule},
};

/// How the comment above a rule begins.
const EXCUSE: &str = "alert-threshold:";

/// The rules of a document against the certificates of its tree. Rules stand in a rule file or in an object's `spec`.
pub(super) fn check(document: &Node, text: &str, certificates: &[Certificate]) -> Vec<Problem> {
    let groups = document.get("groups").or_else(|| document.get("spec")?.get("groups"));
    let rules = groups.map(Node::items).unwrap_or_default().iter().filter_map(|group| group.get("rules"));
    rules.flat_map(Node::items).filter_map(|rule| of_rule(rule, text, certificates)).collect()
}

fn of_rule(rule: &Node, text: &str, certificates: &[Certificate]) -> Option<Problem> {
    let (alert, expression) = (rule.get("alert")?, rule.get("expr")?);
    let patience = rule.get("for").and_then(Node::text).and_then(parse_duration).unwrap_or_default();
    let mut alarmed: Vec<(Duration, &Certificate)> = Vec::new();
    for threshold in thresholds(expression.text()?) {
        let concerned = certificates.iter().filter(|certificate| threshold.concerns(certificate));
        alarmed.extend(
            concerned
                .filter(|certificate| threshold.before >= certificate.renewed + patience)
                .map(|certificate| (threshold.before, certificate)),
        );
    }
    let name = alert.text()?;
    match (alarmed.first(), excuse(text, rule.place.line)) {
        (None, None) | (Some(_), Some(_)) => None,
        (None, Some(line)) => {
            let message =
                format!("`{EXCUSE}` in line {line} excuses nothing: `{name}` is silent about healthy renewals");
            Some(Problem::new(Rule::AlertThreshold, alert.place, message).help("take the comment away"))
        }
        (Some((before, certificate)), None) => {
            let others = match alarmed.len() {
                1 => String::new(),
                more => format!(", and {} more", more - 1),
            };
            let message = format!(
                "`{name}` fires {} before the end, and `{}` is renewed {} before it{others}: healthy ones raise the alert",
                spell_duration(*before),
                certificate.spelled(),
                spell_duration(certificate.renewed),
            );
            let help = format!(
                "keep the threshold below `renewBefore`, or wait with `for:`; where it is meant so, say why above the rule: `# {EXCUSE} …`"
            );
            Some(Problem::new(Rule::AlertThreshold, expression.place, message).help(help))
        }
    }
}

/// Line of the comment with a reason, directly above the rule in this line.
fn excuse(text: &str, line: usize) -> Option<usize> {
    let lines: Vec<&str> = text.lines().take(line - 1).collect();
    let comments =
        lines.iter().enumerate().rev().map_while(|(index, line)| Some((index, line.trim().strip_prefix('#')?)));
    let mut reasons = comments
        .filter(|(_, comment)| comment.trim().strip_prefix(EXCUSE).is_some_and(|reason| !reason.trim().is_empty()));
    reasons.next().map(|(index, _)| index + 1)
}
