//! Rule: the judge and the renderers are functions of the record, without clock, file or network.
//!
//! Only what the standard library can reach is looked for: their crate depends on nothing else that reaches outside.

use super::{problem::Problem, source::Source};

pub(super) fn check(sources: &[Source]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let pure = |source: &&Source| source.is_in(&["harness/core/src/verdict/", "harness/core/src/report/"]);
    for source in sources.iter().filter(pure) {
        let allowed = EXCUSED.iter().filter(|(path, _, _)| *path == source.path).flat_map(|(_, words, _)| *words);
        let allowed: Vec<_> = allowed.collect();
        for (number, line) in source.product() {
            for word in IMPURE.iter().filter(|word| line.names(word) && !allowed.contains(word)) {
                let message = format!("`{word}` accesses the outside; verdict and report may use the record only");
                problems.push(Problem::error(&source.path, Some(number), "purity", message));
            }
        }
    }
    problems
}

const IMPURE: [&str; 12] = [
    "File",
    "Instant",
    "SystemTime",
    "Timestamp::now",
    "Zoned::now",
    "env::args",
    "env::var",
    "env::var_os",
    "fs",
    "net",
    "process",
    "stdout",
];

/// File, words, reason.
const EXCUSED: [(&str, &[&str], &str); 1] =
    [("harness/core/src/report/write.rs", &["fs", "File"], "puts the renderers' output into the run's folder")];

#[cfg(test)]
mod tests {
    use super::{super::problem::brief, *};

    fn check_one(path: &str, text: &str) -> Vec<String> {
        brief(&check(&[Source::read(path, text)]))
    }

    #[test]
    fn reaching_outside_is_red() {
        for text in [
            "let now = Timestamp::now();",
            "use std::fs;",
            "std::fs::read(path)",
            "let since = Instant::now();",
            "std::env::var(\"HOME\")",
            "std::io::stdout()",
        ] {
            assert_eq!(check_one("harness/core/src/verdict/a.rs", text).len(), 1, "{text}");
            assert_eq!(check_one("harness/runner/src/run/a.rs", text).len(), 0, "{text}");
        }
    }

    #[test]
    fn the_one_that_writes_may_write_and_no_more() {
        assert_eq!(check_one("harness/core/src/report/write.rs", "use std::fs;"), Vec::<String>::new());
        assert_eq!(
            check_one("harness/core/src/report/write.rs", "Timestamp::now()"),
            ["purity harness/core/src/report/write.rs:1"]
        );
        assert_eq!(
            check_one("harness/core/src/report/junit.rs", "use std::fs;"),
            ["purity harness/core/src/report/junit.rs:1"]
        );
    }
}
