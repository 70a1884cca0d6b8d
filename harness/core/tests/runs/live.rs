//! Verdicts during a run equal the judgement of the record up to that point.

use mtls_core::verdict::{Ended, Live, judge};

use super::canned;

#[test]
fn each_verdict_is_that_of_the_record_so_far() {
    let (mut scenarios, mut sabotages, mut changes) = (0, 0, 0);
    for run in canned::all() {
        let mut live = Live::default();
        for (index, entry) in run.entries.iter().enumerate() {
            let Some(ended) = live.take(entry) else { continue };
            let whole = judge(&run.entries[..=index]);
            match ended {
                Ended::Scenario(scenario, checks) => {
                    scenarios += 1;
                    let same: Vec<_> = whole.checks.iter().filter(|check| check.scenario == scenario.id).collect();
                    assert_eq!(checks.iter().collect::<Vec<_>>(), same, "{}: {}", run.name, scenario.id);
                    assert!(whole.scenarios.contains(&scenario), "{}: {scenario:?}", run.name);
                }
                Ended::Sabotage(sabotage) => {
                    sabotages += 1;
                    assert!(whole.sabotages.contains(&sabotage), "{}: {sabotage:?}", run.name);
                }
                Ended::Change(change) => {
                    changes += 1;
                    assert!(whole.wild.contains(&change), "{}: {change:?}", run.name);
                }
            }
        }
    }
    assert!(scenarios > 20 && sabotages > 5 && changes == 3, "{scenarios} {sabotages} {changes}");
}
