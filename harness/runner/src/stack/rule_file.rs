//! Changes rule files, and finds the rules that differ between two of them. Pure; `promtool` checks the rules, and
//! scenarios check their meaning.

use std::collections::BTreeMap;

use mtls_core::scenario::model::{OtherText, RuleFault};
use serde_json::Value;

/// Why a rule file cannot be changed as requested.
#[derive(Debug, thiserror::Error)]
pub enum RuleFileError {
    #[error("it is not a rule file")]
    Shape,
    #[error("it has no rule for the alert {0}")]
    NoAlert(String),
    #[error("the expression of {alert} does not contain `{text}`")]
    NoText { alert: String, text: String },
}

/// The file with one rule misconfigured.
///
/// # Errors
///
/// When the change has no effect.
pub fn misconfigured(text: &str, fault: &RuleFault) -> Result<String, RuleFileError> {
    let mut file: Value = serde_saphyr::from_str(text).map_err(|_| RuleFileError::Shape)?;
    let groups = file.get_mut("groups").and_then(Value::as_array_mut).ok_or(RuleFileError::Shape)?;
    let mut lists = groups.iter_mut().filter_map(|group| group.get_mut("rules")?.as_array_mut());
    let is_meant = |rule: &Value| rule["alert"] == fault.alert.as_str();
    let rules =
        lists.find(|rules| rules.iter().any(is_meant)).ok_or_else(|| RuleFileError::NoAlert(fault.alert.clone()))?;
    if fault.gone {
        rules.retain(|rule| !is_meant(rule));
        return Ok(file.to_string());
    }
    for rule in rules.iter_mut().filter(|rule| is_meant(rule)) {
        change(rule, fault)?;
    }
    Ok(file.to_string())
}

/// Alerts whose rules differ between the two files.
pub fn changed(before: &str, after: &str) -> Vec<String> {
    let (before, after) = (alerts(before), alerts(after));
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    names.filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

fn change(rule: &mut Value, fault: &RuleFault) -> Result<(), RuleFileError> {
    if let Some(OtherText { replace, by }) = &fault.expr {
        let expression = rule["expr"].as_str().unwrap_or_default();
        if !expression.contains(replace.as_str()) {
            return Err(RuleFileError::NoText { alert: fault.alert.clone(), text: replace.clone() });
        }
        rule["expr"] = Value::String(expression.replace(replace.as_str(), by));
    }
    json_patch::merge(rule, &Value::Object(fault.merge.clone()));
    Ok(())
}

/// Rules by alert name; empty if the text is not a rule file.
fn alerts(text: &str) -> BTreeMap<String, Value> {
    let file: Value = serde_saphyr::from_str(text).unwrap_or_default();
    let groups = file["groups"].as_array().map_or(&[][..], Vec::as_slice);
    let rules = groups.iter().filter_map(|group| group["rules"].as_array()).flatten();
    rules.filter_map(|rule| Some((rule["alert"].as_str()?.to_owned(), rule.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FILE: &str = "groups:\n- name: a\n  rules:\n\
        \x20 - {alert: A, expr: up < 1, for: 5m, labels: {severity: critical, team: a}}\n\
        - name: b\n  rules:\n  - {alert: B, expr: up < 1}\n";

    fn fault(change: &Value) -> RuleFault {
        let mut whole = json!({"file": "mtls/a.rules.yaml", "alert": "A"});
        whole.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        serde_json::from_value(whole).unwrap()
    }

    #[test]
    fn one_rule_is_changed_and_the_others_are_not() {
        for (change, rule) in [
            (
                json!({"expr": {"replace": "< 1", "by": "< 0"}}),
                json!({"alert": "A", "expr": "up < 0", "for": "5m", "labels": {"severity": "critical", "team": "a"}}),
            ),
            (
                json!({"merge": {"for": null, "labels": {"severity": "warning"}}}),
                json!({"alert": "A", "expr": "up < 1", "labels": {"severity": "warning", "team": "a"}}),
            ),
            // `null` removes a member, also in a new rule.
            (
                json!({"merge": {"for": null, "labels": null, "annotations": {"summary": "a", "runbook": null}}}),
                json!({"alert": "A", "expr": "up < 1", "annotations": {"summary": "a"}}),
            ),
        ] {
            let text = misconfigured(FILE, &fault(&change)).unwrap();
            assert_eq!(alerts(&text)["A"], rule, "{change}");
            assert_eq!(changed(FILE, &text), ["A"], "{change}");
        }
        let without = misconfigured(FILE, &fault(&json!({"gone": true}))).unwrap();
        assert_eq!(alerts(&without).keys().collect::<Vec<_>>(), ["B"]);
        assert_eq!(changed(FILE, &without), ["A"]);
        assert_eq!(changed(FILE, FILE), Vec::<String>::new());
    }

    #[test]
    fn what_would_change_nothing_is_an_error() {
        let error = |change: &Value| misconfigured(FILE, &fault(change)).unwrap_err().to_string();
        assert_eq!(
            error(&json!({"expr": {"replace": "< 2", "by": "< 0"}})),
            "the expression of A does not contain `< 2`"
        );
        assert_eq!(error(&json!({"alert": "C", "gone": true})), "it has no rule for the alert C");
        assert!(matches!(misconfigured("[]", &fault(&json!({"gone": true}))), Err(RuleFileError::Shape)));
    }
}
