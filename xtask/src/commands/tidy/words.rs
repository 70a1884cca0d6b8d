//! Words that this project no longer uses, and what it says in their place.
//!
//! Looks for whole words, and for several in a row, in identifiers, comments and literals of Rust files, in Markdown pages and in
//! comments of scenario files. An identifier is taken apart: `RuleSet` and `rule_set` are two words each. What our own words mean stands
//! in docs/glossary.md; whether a sentence is good English is not known here.

use std::collections::BTreeSet;

use super::{
    problem::{Problem, Severity},
    source::Source,
    tree::{TextFile, has_extension, is_rust},
};

/// Words of one meaning that are not used any more.
struct Retired {
    /// Each one a word, or several in a row.
    forms: &'static [&'static str],
    instead: &'static str,
    severity: Severity,
}

/// These are gone, and do not come back: an error.
const fn gone(forms: &'static [&'static str], instead: &'static str) -> Retired {
    Retired { forms, instead, severity: Severity::Error }
}

/// These are still found, and are being replaced: a note. Change it to `gone` when the last one is replaced.
const fn leaving(forms: &'static [&'static str], instead: &'static str) -> Retired {
    Retired { forms, instead, severity: Severity::Note }
}

const RETIRED: &[Retired] = &[
    gone(&["ground"], "backend"),
    gone(&["holdings", "holding"], "inventory"),
    gone(&["printed facts", "printed row", "printed view"], "documented command"),
    gone(&["reliance"], "dependencies"),
    gone(&["residents"], "placements"),
    gone(&["territory", "territories"], "footprint"),
    gone(&["astray"], "wrong"),
    gone(&["bread", "twin", "twins", "paired good case"], "positive control"),
    gone(&["cast member", "cast members", "casts"], "participant"),
    gone(&["conduct", "conducts"], "client behaviour"),
    leaving(&["deed", "deeds"], "changes, actions"),
    gone(&["diary"], "stage log"),
    gone(&["door", "doors"], "endpoint"),
    leaving(&["doubt", "doubts"], "caveats"),
    gone(&["for the occasion"], "ephemeral"),
    leaving(&["honesty"], "limitations"),
    gone(&["hopeless"], "failed, permanent"),
    gone(&["isolation exclusive"], "cluster"),
    gone(&["keeps green"], "must-pass"),
    gone(&["misfit"], "decode error"),
    leaving(&["own tls"], "app-mtls"),
    leaving(&["power"], "detection rate"),
    gone(&["rig", "rigs"], "local client sandbox, feature local-client"),
    gone(&["sandwich"], "interleave"),
    leaving(&["seed document", "the seed"], "the reference document"),
    gone(&["shop", "sightings"], "hostile servers, samples"),
    leaving(&["sound", "unsound"], "healthy, valid; faulty"),
    gone(&["standing"], "conformance status"),
    leaving(&["story", "stories"], "case, scenario"),
    leaving(&["tell", "tells", "telling", "told", "teller"], "run; result, expected or reported"),
    leaving(&["toothless"], "undetected"),
    gone(&["trouble", "troubles"], "step error, harness error"),
    gone(&["turns red"], "must-fail"),
    gone(&["unmade"], "bring-up failure"),
    leaving(&["wanted"], "expected, requested"),
    gone(&["weak workload", "weak rules"], "misconfigured workload, misconfigured rules"),
    leaving(&["weaken", "weakens", "weakened", "weakness", "weaknesses"], "misconfigure; faults"),
    leaving(&["wild"], "unscripted change"),
];

/// Files that have to name such words, by the beginning of their path, and why.
const EXCUSED: [(&str, &str); 3] = [
    ("CHANGELOG.md", "what a word was called in an earlier version"),
    ("harness/core/src/scenario/migrate/", "the words of v1alpha1, which it replaces"),
    ("xtask/src/commands/tidy/words.rs", "the table of these words"),
];

/// Longer phrases in which these words are something else.
const OTHER_MEANINGS: [&str; 1] = ["the seed era"];

pub(super) fn check(files: &[TextFile]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut excuses = BTreeSet::new();
    for file in files {
        let found = of_file(file);
        match EXCUSED.iter().find(|(start, _)| file.path.starts_with(start)) {
            Some((start, _)) if !found.is_empty() => drop(excuses.insert(*start)),
            Some(_) => {}
            None => problems.extend(found),
        }
    }
    let is_there = |start: &str| files.iter().any(|file| file.path.starts_with(start));
    let stale = EXCUSED.iter().filter(|(start, _)| is_there(start) && !excuses.contains(start));
    problems.extend(stale.map(|(start, _)| {
        Problem::error(start, None, RULE, "names none of these words: take it off the list in tidy/words.rs")
    }));
    problems
}

const RULE: &str = "retired-word";

/// An error for each word that is gone, and a note for all words of one meaning that is leaving.
fn of_file(file: &TextFile) -> Vec<Problem> {
    let parts: Vec<Vec<Word>> = parts(file).iter().map(|lines| words(lines)).collect();
    RETIRED.iter().flat_map(|retired| of_meaning(&file.path, &parts, retired)).collect()
}

fn of_meaning(path: &str, parts: &[Vec<Word>], retired: &Retired) -> Vec<Problem> {
    let mut found: Vec<(usize, &str)> =
        parts.iter().flat_map(|words| retired.forms.iter().flat_map(|form| places(words, form))).collect();
    found.sort_unstable();
    let message = |form: &str| format!("`{form}` is not said any more; say {}", retired.instead);
    match (retired.severity, found.first()) {
        (_, None) => Vec::new(),
        (Severity::Error, Some(_)) => {
            let each = found.iter().map(|(line, form)| Problem::error(path, Some(*line), RULE, message(form)));
            each.collect()
        }
        (Severity::Note, Some((line, form))) => {
            let more = if found.len() == 1 { String::new() } else { format!(" ({} times)", found.len()) };
            vec![Problem { line: Some(*line), ..Problem::note(path, RULE, message(form) + &more) }]
        }
    }
}

/// Where these words stand in a row: lines, with what was looked for.
fn places<'f>(words: &[Word], form: &'f str) -> Vec<(usize, &'f str)> {
    let is = |at: usize, phrase: &str| {
        let ahead = words[at..].iter().map(|word| word.text.as_str());
        phrase.split(' ').eq(ahead.take(phrase.split(' ').count()))
    };
    let is_other = |at: usize| OTHER_MEANINGS.iter().any(|other| other.starts_with(form) && is(at, other));
    (0..words.len()).filter(|at| is(*at, form) && !is_other(*at)).map(|at| (words[at].line, form)).collect()
}

/// A word in lower case, and its line.
struct Word {
    text: String,
    line: usize,
}

/// Words of lines that belong together: a phrase may go on in the next line.
fn words(lines: &[String]) -> Vec<Word> {
    let of_line = |(index, line): (usize, &String)| {
        split(line).into_iter().map(move |text| Word { text, line: index + 1 }).collect::<Vec<_>>()
    };
    lines.iter().enumerate().flat_map(of_line).collect()
}

/// Splits at what is no letter, and within identifiers. Where a sentence or a cell of a table ends is an empty word: no phrase goes on
/// behind it.
fn split(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        let next_is_small = letters.peek().is_some_and(char::is_ascii_lowercase);
        // `RuleSet`, and `TLSServer`.
        let begins = letter.is_ascii_uppercase() && (before.is_ascii_lowercase() || next_is_small);
        match words.last_mut() {
            _ if ".;|".contains(letter) => words.push(String::new()),
            _ if !letter.is_ascii_alphabetic() => {}
            Some(word) if before.is_ascii_alphabetic() && !begins => word.push(letter.to_ascii_lowercase()),
            _ => words.push(letter.to_ascii_lowercase().to_string()),
        }
        before = letter;
    }
    words
}

/// What is read of a file, a text per line: of Rust code, comments and literals each.
fn parts(file: &TextFile) -> Vec<Vec<String>> {
    if is_rust(file) {
        let lines = Source::read(&file.path, &file.text).lines;
        let part = |of: fn(&super::source::Line) -> &String| lines.iter().map(|line| of(line).clone()).collect();
        return vec![part(|line| &line.code), part(|line| &line.literals), part(|line| &line.comment)];
    }
    if has_extension(&file.path, "md") {
        return vec![file.text.lines().map(str::to_owned).collect()];
    }
    if file.path.starts_with("scenarios/") && has_extension(&file.path, "yaml") {
        return vec![file.text.lines().map(|line| yaml_comment(line).to_owned()).collect()];
    }
    Vec::new()
}

fn yaml_comment(line: &str) -> &str {
    let begins = |at: &usize| line[..*at].chars().next_back().is_none_or(char::is_whitespace);
    line.match_indices('#').map(|(at, _)| at).find(begins).map_or("", |at| &line[at..])
}

#[cfg(test)]
mod tests {
    use super::{super::problem::brief, *};

    fn check_one(path: &str, text: &str) -> Vec<Problem> {
        check(&[TextFile { path: path.to_owned(), text: text.to_owned() }])
    }

    #[test]
    fn every_form_is_red_wherever_it_stands() {
        for form in RETIRED.iter().flat_map(|retired| retired.forms) {
            let camel: String = form.split(' ').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
            for (path, text) in [
                ("harness/runner/src/a.rs", format!("//! The {form}, again.")),
                ("harness/runner/src/a.rs", format!("let {} = 1;", form.replace(' ', "_"))),
                ("harness/runner/src/a.rs", format!("struct My{camel};")),
                ("harness/runner/src/a.rs", format!("say(\"a {}\");", form.replace(' ', "-"))),
                ("harness/runner/src/a.rs", format!("//! a {}", form.replace(' ', "\n//! "))),
                ("docs/a.md", format!("A {form}.")),
                ("scenarios/a/b.yaml", format!("steps: []  # a {form}")),
            ] {
                let problems = check_one(path, &text);
                assert_eq!(brief(&problems), [format!("{RULE} {path}:1")], "{text}");
            }
        }
    }

    #[test]
    fn other_words_and_places_are_fine() {
        for (path, text) in [
            ("harness/runner/src/a.rs", "let background = groundwork;"),
            ("harness/runner/src/a.rs", "//! The `seed-era` stack, that is, the seed-era versions."),
            ("docs/a.md", "| the harness's own | TLS |\nIts own. TLS"),
            ("scenarios/a/b.yaml", "id: a#ground"),
            ("fixtures/infra/a.yaml", "# ground"),
            ("docs/a.sh", "# ground"),
        ] {
            assert_eq!(check_one(path, text), [], "{text}");
        }
    }

    #[test]
    fn a_word_that_is_gone_is_an_error_each_and_one_that_leaves_a_note() {
        let parts = [words(&["Told.", "It tells.", "No one told."].map(str::to_owned))];
        let texts = |retired: Retired| -> Vec<String> {
            of_meaning("a.md", &parts, &retired).iter().map(ToString::to_string).collect()
        };
        let line = |line: usize, word: &str| format!("a.md:{line}: [{RULE}] `{word}` is not said any more; say run");
        assert_eq!(texts(gone(&["told", "tells"], "run")), [line(1, "told"), line(2, "tells"), line(3, "told")]);
        let note = format!("a.md:1: note [{RULE}] `told` is not said any more; say run (3 times)");
        assert_eq!(texts(leaving(&["told", "tells"], "run")), [note]);
        assert!(texts(leaving(&["telling"], "run")).is_empty());
    }

    #[test]
    fn an_excuse_must_be_needed() {
        assert_eq!(check_one("CHANGELOG.md", "The ground is the backend."), []);
        assert_eq!(brief(&check_one("CHANGELOG.md", "Nothing.")), [format!("{RULE} CHANGELOG.md")]);
    }

    #[test]
    fn identifiers_are_taken_apart() {
        assert_eq!(split("TLSServer::of(my_word2x, Ab); c"), ["tls", "server", "of", "my", "word", "x", "ab", "", "c"]);
    }
}
