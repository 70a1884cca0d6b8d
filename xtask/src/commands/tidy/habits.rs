//! Rules about conventions: where to print, sleep and exit, the length of a file, and its module doc.

use super::{
    problem::Problem,
    source::{Line, Source},
};

pub(super) fn check(sources: &[Source]) -> Vec<Problem> {
    sources.iter().flat_map(|source| words(source).into_iter().chain(flags(source)).chain(shape(source))).collect()
}

/// Words that belong in certain files only.
fn words(source: &Source) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, line) in source.lines.iter().enumerate() {
        for habit in &HABITS {
            let excused = habit.places.iter().any(|place| source.path.starts_with(place));
            if !excused && habit.words.iter().any(|word| line.names(word)) {
                problems.push(Problem::error(&source.path, Some(index + 1), habit.rule, habit.message));
            }
        }
        if allows(line) {
            let message = "write #[expect(…, reason = \"…\")]: it goes away when it is no longer needed";
            problems.push(Problem::error(&source.path, Some(index + 1), "allow", message));
        }
    }
    problems
}

fn allows(line: &Line) -> bool {
    line.code.contains("#[allow(") || line.code.contains("#![allow(")
}

/// Functions with a boolean parameter: `check(true)` says nothing to its reader.
fn flags(source: &Source) -> Vec<Problem> {
    let lines: Vec<(usize, &Line)> = source.product().collect();
    let is_flag = |parameter: &str| parameter.split_once(':').is_some_and(|(_, kind)| kind.trim() == "bool");
    let is_named = |line: &Line| {
        line.code.contains("fn ") && line.names("fn") && !OF_TRAITS.iter().any(|of_trait| line.code.contains(of_trait))
    };
    let begins = (0..lines.len()).filter(|at| is_named(lines[*at].1));
    let wrong = begins.filter(|at| parameters(&lines[*at..]).split(',').any(is_flag));
    let message = "takes a `bool`; an enum of two words says at the call what is meant";
    wrong.map(|at| Problem::error(&source.path, Some(lines[at].0), "boolean-parameter", message)).collect()
}

/// What stands in the parentheses behind the name of the function that begins here.
fn parameters(lines: &[(usize, &Line)]) -> String {
    let code: String = lines.iter().take(LONGEST_SIGNATURE).map(|(_, line)| line.code.as_str()).collect();
    let Some((_, rest)) = code.split_once("fn ").and_then(|(_, function)| function.split_once('(')) else {
        return String::new();
    };
    let mut open = 1;
    let is_inside = |letter: &char| {
        open += i32::from(*letter == '(') - i32::from(*letter == ')');
        open > 0
    };
    rest.chars().take_while(is_inside).collect()
}

/// Whoever implements serde's visitor or a conversion does not choose its parameters.
const OF_TRAITS: [&str; 2] = ["fn visit_bool<", "fn from("];
const LONGEST_SIGNATURE: usize = 20;

/// Rules about the file as a whole.
fn shape(source: &Source) -> Vec<Problem> {
    let mut problems = Vec::new();
    // The text ends with a line break, after which there is no further line.
    let length = source.lines.len().saturating_sub(1);
    if length > LONGEST {
        let message = format!("{length} lines: at most {LONGEST}; split it by concept");
        problems.push(Problem::error(&source.path, None, "length", message));
    } else if length > LONG {
        let message = format!("{length} lines; above {LONG}, consider a split by concept");
        problems.push(Problem::note(&source.path, "length", message));
    }
    let first = source.lines.first().map(|line| line.comment.as_str()).unwrap_or_default();
    if !first.starts_with("! ") {
        let message = "begins with `//! …`: its purpose, and what it deliberately does not do";
        problems.push(Problem::error(&source.path, Some(1), "module-doc", message));
    }
    problems
}

/// Words and the only files they belong in.
struct Habit {
    rule: &'static str,
    words: &'static [&'static str],
    places: &'static [&'static str],
    message: &'static str,
}

const HABITS: [Habit; 3] = [
    Habit {
        rule: "print",
        words: &["print!", "println!", "eprint!", "eprintln!", "dbg!"],
        places: &["xtask/"],
        message: "only xtask prints; a library returns its results",
    },
    Habit {
        rule: "sleep",
        words: &["sleep", "sleep_until"],
        // The only other places are programs whose jobs ask for pauses: the client between the requests of a stream and
        // as a requested fault, the probe between the exchanges of an attempt.
        places: &[
            "harness/engine/src/wait.rs",
            "fixtures/client/src/stream/run.rs",
            "fixtures/identity/src/faults.rs",
            "harness/probe/src/attempts/run.rs",
        ],
        message: "wait for a condition with mtls_engine::wait",
    },
    Habit {
        rule: "exit",
        words: &["process::exit"],
        // Both are programs whose user may interrupt twice.
        places: &["xtask/", "harness/runner/tests/e2e.rs"],
        message: "only xtask ends the process: return, so that open resources are closed",
    },
];

const LONG: usize = 250;
const LONGEST: usize = 400;

#[cfg(test)]
mod tests {
    use super::{super::problem::brief, *};

    fn check_one(path: &str, text: &str) -> Vec<String> {
        brief(&check(&[Source::read(path, text)]))
    }

    #[test]
    fn words_out_of_place_are_red() {
        for (path, text, rule) in [
            ("harness/runner/src/a.rs", "println!(\"a\");", "print"),
            ("harness/runner/src/a.rs", "dbg!(a);", "print"),
            ("fixtures/client/src/a.rs", "eprintln!(\"a\");", "print"),
            ("harness/runner/src/run/a.rs", "tokio::time::sleep(x).await;", "sleep"),
            ("xtask/src/a.rs", "std::thread::sleep(x);", "sleep"),
            ("harness/runner/tests/a.rs", "std::thread::sleep(x);", "sleep"),
            ("fixtures/workload/src/main.rs", "std::process::exit(1);", "exit"),
            ("harness/runner/src/a.rs", "#[allow(dead_code)]", "allow"),
        ] {
            let text = format!("//! A.\n{text}\n");
            assert_eq!(check_one(path, &text), [format!("{rule} {path}:2")], "{text}");
        }
    }

    #[test]
    fn boolean_parameters_are_red() {
        for (text, is_red) in [
            ("fn f(a: bool) {}", true),
            ("pub(crate) async fn f<'a>(&self, a: &'a str, b: bool) -> X {}", true),
            ("fn f(\n    a: u8,\n    b: bool,\n) {}", true),
            ("fn f(a: (u8, u8), b: bool) {}", true),
            ("fn f(a: u8) -> bool { let b: bool = true; b }", false),
            ("fn f(a: impl Fn(u8) -> bool) {}", false),
            ("fn visit_bool<E>(self, value: bool) {}", false),
            ("fn from(value: bool) -> Self {}", false),
            ("struct S { a: bool }", false),
            ("#[cfg(test)]\nmod tests {\n    fn f(a: bool) {}\n}", false),
        ] {
            let expected: &[&str] = if is_red { &["boolean-parameter harness/runner/src/a.rs:2"] } else { &[] };
            assert_eq!(check_one("harness/runner/src/a.rs", &format!("//! A.\n{text}\n")), expected, "{text}");
        }
    }

    #[test]
    fn words_in_their_place_are_fine() {
        for (path, text) in [
            ("xtask/src/a.rs", "println!(\"a\");"),
            ("harness/engine/src/wait.rs", "tokio::time::sleep(x).await;"),
            ("harness/runner/src/a.rs", "let a = \"println!\"; // sleep"),
            ("harness/runner/src/a.rs", "#[expect(dead_code, reason = \"kept\")]"),
        ] {
            assert_eq!(check_one(path, &format!("//! A.\n{text}\n")), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn length_and_doc_are_held() {
        let of = |lines: usize| check_one("harness/runner/src/a.rs", &format!("//! A.\n{}", "\n".repeat(lines - 1)));
        assert_eq!(of(250), Vec::<String>::new());
        assert_eq!(of(251), ["length harness/runner/src/a.rs"]);
        let long = |lines: usize| check(&[Source::read("a.rs", &format!("//! A.\n{}", "\n".repeat(lines - 1)))]);
        assert_eq!(long(400)[0].severity, super::super::Severity::Note);
        assert_eq!(long(401)[0].severity, super::super::Severity::Error);
        assert_eq!(check_one("harness/runner/src/a.rs", "use std::fs;\n"), ["module-doc harness/runner/src/a.rs:1"]);
        assert_eq!(
            check_one("harness/runner/src/a.rs", "/// Not the module's.\n"),
            ["module-doc harness/runner/src/a.rs:1"]
        );
    }
}
