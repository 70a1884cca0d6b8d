//! Compares a stored `report.json` with the report that its record gives now.
//!
//! Input: the bytes of both. Output: the differences in words, none when the bytes are equal. Does not decide which is
//! right.

use std::collections::BTreeMap;

use serde_json::Value;

/// The differences in words, checks first.
#[must_use]
pub fn differences(stored: &[u8], now: &[u8]) -> Vec<String> {
    if stored == now {
        return Vec::new();
    }
    let (Ok(stored), Ok(now)) = (serde_json::from_slice::<Value>(stored), serde_json::from_slice::<Value>(now)) else {
        return vec!["the stored report is not JSON".to_owned()];
    };
    let (before, after) = (checks(&stored), checks(&now));
    let mut lines = Vec::new();
    for (id, check) in &before {
        match after.get(id) {
            None => lines.push(format!("{id}: {} in the report, and not in the record", verdict(check))),
            Some(now) if now != check => lines.push(changed(id, check, now)),
            Some(_) => {}
        }
    }
    for (id, check) in after.iter().filter(|(id, _)| !before.contains_key(*id)) {
        lines.push(format!("{id}: {} in the record, and not in the report", verdict(check)));
    }
    lines.extend(fields(&stored, &now).filter(|field| *field != "checks").map(|field| format!("`{field}` differs")));
    if lines.is_empty() {
        lines.push("the same values are spelled otherwise".to_owned());
    }
    lines
}

fn checks(report: &Value) -> BTreeMap<&str, &Value> {
    let checks = report["checks"].as_array().into_iter().flatten();
    checks.filter_map(|check| Some((check["id"].as_str()?, check))).collect()
}

fn changed(id: &str, before: &Value, now: &Value) -> String {
    if before["verdict"] != now["verdict"] {
        return format!("{id}: {} in the report, {} from the record", verdict(before), verdict(now));
    }
    let fields: Vec<&str> = fields(before, now).collect();
    format!("{id}: the same verdict, other {}", fields.join(", "))
}

/// The keys under which two objects differ.
fn fields<'a>(one: &'a Value, other: &'a Value) -> impl Iterator<Item = &'a str> {
    let keys = |value: &'a Value| value.as_object().into_iter().flat_map(|fields| fields.keys());
    let only = keys(other).filter(|key| one.get(key.as_str()).is_none());
    keys(one).filter(|key| one.get(key.as_str()) != other.get(key.as_str())).chain(only).map(String::as_str)
}

fn verdict(check: &Value) -> &str {
    check["verdict"].as_str().unwrap_or("without verdict")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines(before: &Value, now: &Value) -> Vec<String> {
        differences(before.to_string().as_bytes(), now.to_string().as_bytes())
    }

    #[test]
    fn differences_are_named() {
        let report = |checks: Value, exit: u8| json!({"checks": checks, "exit_code": exit});
        let check = |id: &str, verdict: &str, reason: &str| json!({"id": id, "verdict": verdict, "reason": reason});
        let before = report(json!([check("a#1", "pass", ""), check("a#2", "pass", ""), check("a#3", "fail", "x")]), 0);
        assert!(lines(&before, &before).is_empty());
        let now = report(json!([check("a#1", "fail", ""), check("a#3", "fail", "y"), check("a#4", "pass", "")]), 1);
        assert_eq!(
            lines(&before, &now),
            [
                "a#1: pass in the report, fail from the record",
                "a#2: pass in the report, and not in the record",
                "a#3: the same verdict, other reason",
                "a#4: pass in the record, and not in the report",
                "`exit_code` differs",
            ]
        );
    }

    #[test]
    fn other_bytes_with_the_same_values_are_a_difference() {
        assert_eq!(differences(b"{}", b"{ }"), ["the same values are spelled otherwise"]);
        assert_eq!(differences(b"no", b"{}"), ["the stored report is not JSON"]);
    }
}
