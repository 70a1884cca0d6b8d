//! `alert`: the rule, its state, and what the receiver was sent.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    run::{
        context::{Context, Observation},
        error::StepError,
    },
    scenario::model::Alert,
    stack::monitoring,
};

pub(crate) async fn observe(context: &Context<'_>, alert: &Alert) -> Result<Observation, StepError> {
    let kube = context.world.kube().map_err(|error| StepError::of(&error))?;
    let trouble = |error: monitoring::MonitoringError| StepError::of(&error);
    let rules = monitoring::rules(kube).await.map_err(trouble)?;
    let alerts = monitoring::alerts(kube).await.map_err(trouble)?;
    let mut notifications = monitoring::notifications(kube).await.map_err(trouble)?;
    notifications.retain(|notification| is_since(notification, context.started));
    let seen = json!({"alerts": alerts, "notifications": notifications});
    let evidence = context.store(seen.to_string().as_bytes(), "application/json");
    Ok(Observation { facts: facts(alert, &rules, &alerts, &notifications), source: "prometheus", evidence })
}

fn facts(wanted: &Alert, rules: &[Value], alerts: &[Value], notifications: &[Value]) -> Value {
    let rule = rules.iter().find(|rule| rule["name"] == wanted.name.as_str());
    let mine: Vec<&Value> = alerts
        .iter()
        .filter(|alert| {
            alert["labels"]["alertname"] == wanted.name.as_str() && carries(&alert["labels"], &wanted.labels)
        })
        .collect();
    let state = match (rule, mine.iter().any(|alert| alert["state"] == "firing"), mine.is_empty()) {
        (None, ..) => "missing",
        (_, true, _) => "firing",
        (_, false, false) => "pending",
        (_, false, true) => "inactive",
    };
    let mut facts = json!({
        "state": state,
        "rule": rule.map(|rule| json!({"health": rule["health"], "query": rule["query"], "severity": rule["labels"]["severity"], "for-seconds": rule["duration"]})),
        "delivered": {"firing": delivered(wanted, notifications, "firing"), "resolved": delivered(wanted, notifications, "resolved")},
    });
    if let Some(first) = mine.first() {
        facts["labels"] = first["labels"].clone();
        facts["annotations"] = first["annotations"].clone();
    }
    facts
}

/// A notification of an earlier run says nothing about this one; one without a readable time is not counted either.
fn is_since(notification: &Value, start: Timestamp) -> bool {
    notification["received"].as_str().and_then(|text| text.parse::<Timestamp>().ok()).is_some_and(|at| at >= start)
}

/// How many notifications the receiver got about this alert in this state.
fn delivered(wanted: &Alert, notifications: &[Value], status: &str) -> usize {
    notifications
        .iter()
        .flat_map(|notification| notification["body"]["alerts"].as_array().into_iter().flatten())
        .filter(|alert| {
            alert["status"] == status
                && alert["labels"]["alertname"] == wanted.name.as_str()
                && carries(&alert["labels"], &wanted.labels)
        })
        .count()
}

fn carries(labels: &Value, wanted: &BTreeMap<String, String>) -> bool {
    wanted.iter().all(|(key, value)| labels[key] == value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_deliveries() {
        let wanted =
            Alert { name: "Soon".to_owned(), labels: BTreeMap::from([("name".to_owned(), "leaf".to_owned())]) };
        let rules = [json!({"name": "Soon", "health": "ok"})];
        let firing = [json!({"labels": {"alertname": "Soon", "name": "leaf"}, "state": "firing"})];
        let other = [json!({"labels": {"alertname": "Soon", "name": "other"}, "state": "firing"})];
        let sent =
            [json!({"body": {"alerts": [{"status": "firing", "labels": {"alertname": "Soon", "name": "leaf"}}]}})];
        assert_eq!(facts(&wanted, &[], &firing, &[])["state"], "missing");
        assert_eq!(facts(&wanted, &rules, &other, &[])["state"], "inactive");
        let found = facts(&wanted, &rules, &firing, &sent);
        assert_eq!(
            (&found["state"], &found["delivered"]["firing"], &found["delivered"]["resolved"]),
            (&json!("firing"), &json!(1), &json!(0))
        );
    }

    #[test]
    fn an_earlier_runs_notifications_do_not_count() {
        let start: Timestamp = "2026-01-01T00:00:10Z".parse().unwrap();
        assert!(is_since(&json!({"received": "2026-01-01T00:00:11Z"}), start));
        assert!(!is_since(&json!({"received": "2026-01-01T00:00:09Z"}), start));
        assert!(!is_since(&json!({}), start));
    }
}
