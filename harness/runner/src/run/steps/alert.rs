//! `alert`: an alert rule, its state, and the notifications that the receiver got.

use std::collections::BTreeMap;

use jiff::Timestamp;
use mtls_core::scenario::{model::Step, verbs::alert::AlertSpec};
use serde_json::{Value, json};

use super::{Execute, Unjudged, sampled};
use crate::{
    run::{
        context::{Context, Observation},
        error::StepError,
    },
    stack::monitoring,
};

impl Execute for AlertSpec {
    const UNJUDGED: Unjudged = Unjudged::Awaited;

    async fn observe(&self, context: &Context<'_>, _: &Step) -> Result<Observation, StepError> {
        observe(context, self).await
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        sampled(context, step).await
    }
}

async fn observe(context: &Context<'_>, alert: &AlertSpec) -> Result<Observation, StepError> {
    let kube = context.world.kube().map_err(|error| StepError::of(&error))?;
    let failed = |error: monitoring::MonitoringError| StepError::of(&error);
    let rules = monitoring::rules(kube).await.map_err(failed)?;
    let alerts = monitoring::alerts(kube).await.map_err(failed)?;
    let mut notifications = monitoring::notifications(kube).await.map_err(failed)?;
    notifications.retain(|notification| is_since(notification, context.started));
    let observed = json!({"alerts": alerts, "notifications": notifications});
    let evidence = context.store(observed.to_string().as_bytes(), "application/json");
    Ok(Observation { facts: facts(alert, &rules, &alerts, &notifications), source: "prometheus", evidence })
}

fn facts(expected: &AlertSpec, rules: &[Value], alerts: &[Value], notifications: &[Value]) -> Value {
    let rule = rules.iter().find(|rule| rule["name"] == expected.name.as_str());
    let matching: Vec<&Value> = alerts
        .iter()
        .filter(|alert| {
            alert["labels"]["alertname"] == expected.name.as_str() && carries(&alert["labels"], &expected.labels)
        })
        .collect();
    let state = match (rule, matching.iter().any(|alert| alert["state"] == "firing"), matching.is_empty()) {
        (None, ..) => "missing",
        (_, true, _) => "firing",
        (_, false, false) => "pending",
        (_, false, true) => "inactive",
    };
    let mut facts = json!({
        "state": state,
        "rule": rule.map(|rule| json!({"health": rule["health"], "query": rule["query"], "severity": rule["labels"]["severity"], "for-seconds": rule["duration"]})),
        "delivered": {"firing": delivered(expected, notifications, "firing"), "resolved": delivered(expected, notifications, "resolved")},
    });
    if let Some(first) = matching.first() {
        facts["labels"] = first["labels"].clone();
        facts["annotations"] = first["annotations"].clone();
    }
    facts
}

/// Whether a notification arrived after `start`. One without a readable time does not count.
fn is_since(notification: &Value, start: Timestamp) -> bool {
    notification["received"].as_str().and_then(|text| text.parse::<Timestamp>().ok()).is_some_and(|at| at >= start)
}

/// The number of notifications about this alert in this state.
fn delivered(expected: &AlertSpec, notifications: &[Value], status: &str) -> usize {
    notifications
        .iter()
        .flat_map(|notification| notification["body"]["alerts"].as_array().into_iter().flatten())
        .filter(|alert| {
            alert["status"] == status
                && alert["labels"]["alertname"] == expected.name.as_str()
                && carries(&alert["labels"], &expected.labels)
        })
        .count()
}

fn carries(labels: &Value, expected: &BTreeMap<String, String>) -> bool {
    expected.iter().all(|(key, value)| labels[key] == value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_deliveries() {
        let expected =
            AlertSpec { name: "Soon".to_owned(), labels: BTreeMap::from([("name".to_owned(), "leaf".to_owned())]) };
        let rules = [json!({"name": "Soon", "health": "ok"})];
        let firing = [json!({"labels": {"alertname": "Soon", "name": "leaf"}, "state": "firing"})];
        let other = [json!({"labels": {"alertname": "Soon", "name": "other"}, "state": "firing"})];
        let sent =
            [json!({"body": {"alerts": [{"status": "firing", "labels": {"alertname": "Soon", "name": "leaf"}}]}})];
        assert_eq!(facts(&expected, &[], &firing, &[])["state"], "missing");
        assert_eq!(facts(&expected, &rules, &other, &[])["state"], "inactive");
        let found = facts(&expected, &rules, &firing, &sent);
        assert_eq!(
            (&found["state"], &found["delivered"]["firing"], &found["delivered"]["resolved"]),
            (&json!("firing"), &json!(1), &json!(0))
        );
    }

    #[test]
    fn earlier_notifications_do_not_count() {
        let start: Timestamp = "2026-01-01T00:00:10Z".parse().unwrap();
        assert!(is_since(&json!({"received": "2026-01-01T00:00:11Z"}), start));
        assert!(!is_since(&json!({"received": "2026-01-01T00:00:09Z"}), start));
        assert!(!is_since(&json!({}), start));
    }
}
