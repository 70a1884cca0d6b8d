//! Judges the examined versions by their rows on a given day.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::Value;

use super::{Examined, Promise, Row, State, Support, SupportVerdict};

/// Number of days after it was read for which a rule counts as confirmed. Most projects of the stack publish a minor
/// release each quarter, and each of them can end a series that is supported by a rule.
pub const CONFIRMED_DAYS: i64 = 90;

/// Judges the support facts of a run on the day on which it started. `fact` is the value under [`super::TOPIC`].
#[must_use]
pub fn of_record(fact: Option<&Value>, started: Option<Timestamp>) -> Support {
    let on = started.map(|started| started.to_zoned(TimeZone::UTC).date());
    let (Some(on), Some(fact)) = (on, fact) else {
        let problem = "this run recorded no support windows".to_owned();
        return Support { on, versions: Vec::new(), problem: Some(problem) };
    };
    match serde_json::from_value::<Vec<Examined>>(fact.clone()) {
        Ok(examined) => judge(&examined, on),
        Err(error) => {
            let problem = format!("the support windows of this record cannot be read: {error}");
            Support { on: Some(on), versions: Vec::new(), problem: Some(problem) }
        }
    }
}

/// Judges examined versions on a day.
#[must_use]
pub fn judge(examined: &[Examined], on: Date) -> Support {
    let versions = examined.iter().flat_map(|one| {
        if one.rows.is_empty() {
            return vec![unknown(one)];
        }
        one.rows.iter().map(|row| of_row(one, row, on)).collect()
    });
    Support { on: Some(on), versions: versions.collect(), problem: None }
}

fn unknown(one: &Examined) -> SupportVerdict {
    let says = match &one.version {
        Some(_) => "the table has no row for it".to_owned(),
        None => format!("{} does not name its version", one.seen.join(", ")),
    };
    SupportVerdict {
        component: one.component.clone(),
        version: one.version.clone(),
        state: State::Unknown,
        says,
        seen: one.seen.clone(),
        by: None,
        series: None,
        until: None,
        rule: None,
        held: None,
        source: None,
        read_on: None,
    }
}

fn of_row(one: &Examined, row: &Row, on: Date) -> SupportVerdict {
    let (state, says) = says(row, on);
    let others = one.rows.iter().filter(|other| state == State::Ended && other.by != row.by);
    let still = others.filter(|other| self::says(other, on).0 == State::Supported);
    let says = still
        .fold(says, |text, other| format!("{text}; {} supports its package {}", other.by, self::says(other, on).1));
    let (until, rule, held) = match &row.promise {
        Promise::Until(until) => (Some(*until), None, None),
        Promise::Rule { says, held } => (None, Some(says.clone()), Some(*held)),
    };
    SupportVerdict {
        by: Some(row.by),
        series: Some(row.version.to_string()),
        until,
        rule,
        held,
        source: Some(row.source.clone()),
        read_on: Some(row.read_on),
        state,
        says,
        ..unknown(one)
    }
}

/// The state, and `until 2027-06-28`, `support of 1.11 by upstream ended on 2023-09-12`, `not confirmed since …`.
fn says(row: &Row, on: Date) -> (State, String) {
    match &row.promise {
        Promise::Until(until) if *until < on => {
            (State::Ended, format!("support of {} by {} ended on {until}", row.version, row.by))
        }
        Promise::Until(until) => (State::Supported, format!("until {until}")),
        Promise::Rule { says, held } if is_confirmed(row.read_on, on) => {
            (State::Supported, format!("{says}, as it was on {held}"))
        }
        Promise::Rule { says, held } => (State::Unconfirmed, format!("not confirmed since {held}: supported {says}")),
    }
}

/// Whether the rule was read recently enough. One day in the future is accepted for time zones; a later day confirms
/// nothing.
fn is_confirmed(read_on: Date, on: Date) -> bool {
    (-1..=CONFIRMED_DAYS).contains(&(read_on.duration_until(on).as_hours() / 24))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn one(rows: &Value) -> Vec<Examined> {
        let mut rows = rows.clone();
        for row in rows.as_array_mut().unwrap() {
            row["component"] = json!("a");
            row["source"] = json!("a.example, Releases");
            row["read-on"] = json!("2026-08-01");
        }
        let one =
            json!({"component": "a", "version": "1.2.3", "packaged": "debian", "seen": ["an image"], "rows": rows});
        serde_json::from_value(json!([one])).unwrap()
    }

    fn states(rows: &Value, on: &str) -> Vec<(State, String)> {
        judge(&one(rows), day(on)).versions.into_iter().map(|one| (one.state, one.says)).collect()
    }

    #[test]
    fn the_last_day_is_still_supported_and_the_next_is_not() {
        let rows = json!([{"version": "1.2", "until": "2026-11-30"}]);
        let supported = (State::Supported, "until 2026-11-30".to_owned());
        assert_eq!(states(&rows, "2026-11-29")[0], supported);
        assert_eq!(states(&rows, "2026-11-30")[0], supported);
        assert_eq!(
            states(&rows, "2026-12-01"),
            [(State::Ended, "support of 1.2 by upstream ended on 2026-11-30".to_owned())]
        );
    }

    #[test]
    fn a_rule_is_confirmed_for_a_quarter_after_it_was_read() {
        let rows = json!([{"version": "1.2", "rule": "until 1.4 is out", "held": "2026-07-31"}]);
        let supported = (State::Supported, "until 1.4 is out, as it was on 2026-07-31".to_owned());
        let stale = (State::Unconfirmed, "not confirmed since 2026-07-31: supported until 1.4 is out".to_owned());
        assert_eq!(states(&rows, "2026-08-01")[0], supported);
        assert_eq!(states(&rows, "2026-10-30")[0], supported);
        assert_eq!(states(&rows, "2026-10-31")[0], stale);
        assert_eq!(states(&rows, "2026-07-31")[0], supported);
        assert_eq!(states(&rows, "2026-07-30")[0], stale);
    }

    #[test]
    fn a_day_that_is_named_needs_no_confirmation() {
        let rows = json!([{"version": "1.2", "until": "2036-01-01"}]);
        assert_eq!(states(&rows, "2035-12-31")[0].0, State::Supported);
    }

    #[test]
    fn each_party_is_judged_and_an_end_names_the_remaining_party() {
        let rows = json!([{"version": "1.2", "until": "2025-07-31"}, {"version": "1.2", "by": "debian", "until": "2028-08-09"}]);
        assert_eq!(
            states(&rows, "2026-11-30"),
            [
                (
                    State::Ended,
                    "support of 1.2 by upstream ended on 2025-07-31; Debian supports its package until 2028-08-09"
                        .to_owned()
                ),
                (State::Supported, "until 2028-08-09".to_owned()),
            ]
        );
        assert!(states(&rows, "2028-08-10").iter().all(|(state, says)| *state == State::Ended && !says.contains(';')));
    }

    #[test]
    fn what_has_no_row_is_unknown_with_its_name() {
        let examined: Vec<Examined> = serde_json::from_value(json!([
            {"component": "a", "version": "9.9", "seen": ["an image"]},
            {"component": "b", "seen": ["b:latest"]},
        ]))
        .unwrap();
        let verdicts: Vec<_> = judge(&examined, day("2026-11-30"))
            .versions
            .iter()
            .map(|one| (one.name(), one.state, one.says.clone()))
            .collect();
        assert_eq!(
            verdicts,
            [
                ("a 9.9".to_owned(), State::Unknown, "the table has no row for it".to_owned()),
                ("b".to_owned(), State::Unknown, "b:latest does not name its version".to_owned()),
            ]
        );
    }

    #[test]
    fn the_day_is_the_one_on_which_the_run_started_in_utc() {
        let fact = serde_json::to_value(one(&json!([{"version": "1.2", "until": "2026-11-30"}]))).unwrap();
        let state = |started: &str| of_record(Some(&fact), Some(started.parse().unwrap())).versions[0].state;
        assert_eq!(state("2026-11-30T23:59:59Z"), State::Supported);
        assert_eq!(state("2026-12-01T00:00:00Z"), State::Ended);
    }

    #[test]
    fn a_record_without_windows_and_one_that_cannot_be_read_say_so() {
        let started = Some("2026-11-30T00:00:00Z".parse().unwrap());
        let problem = |fact: Option<&Value>| of_record(fact, started).problem.unwrap();
        assert!(problem(None).contains("recorded no support windows"));
        assert!(problem(Some(&json!("x"))).contains("cannot be read"));
    }
}
