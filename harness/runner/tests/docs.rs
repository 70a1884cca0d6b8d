//! What the Markdown pages claim is true: counts, tables and the sample run are generated, links lead somewhere, and words are explained.
//!
//! `WRITE_PAGES=1 cargo test -p harness --test docs` writes the generated parts. Commands in pages are checked by xtask, and the listings
//! of scenarios/README.md by `scenarios`.
#![expect(clippy::unwrap_used, reason = "tests, helpers included, fail by panicking")]

#[path = "docs/generated.rs"]
mod generated;
#[path = "docs/pages.rs"]
mod pages;
#[path = "docs/tutorial.rs"]
mod tutorial;

use std::{collections::BTreeSet, fs};

use mtls_core::verdict::{Proof, Verdict};
use regex::Regex;

use pages::{Page, column, links, pages, root, slugs, with_parts};

/// `WRITE_PAGES=1` writes them.
#[test]
fn generated_parts_are_up_to_date() {
    let parts = generated::parts();
    let mut used = BTreeSet::new();
    let mut stale = Vec::new();
    for page in pages() {
        let text = with_parts(&page.text, |name| {
            used.insert(name.to_owned());
            let part = parts.iter().find(|(known, _)| *known == name);
            part.unwrap_or_else(|| panic!("{}: nothing generates `{name}`", page.path)).1.clone()
        });
        if std::env::var_os("WRITE_PAGES").is_some() {
            fs::write(root().join(&page.path), &text).unwrap();
        } else if text != page.text {
            stale.push(page.path);
        }
    }
    assert!(stale.is_empty(), "{stale:?}: run `WRITE_PAGES=1 cargo test -p harness --test docs`");
    let known: BTreeSet<String> = parts.into_iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(used, known);
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let pages = pages();
    let mut broken = Vec::new();
    let mut followed = 0;
    for page in &pages {
        for link in links(&page.text) {
            let (path, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() { page.path.clone() } else { page.beside(path) };
            let leads = match pages.iter().find(|one| one.path == target) {
                Some(one) => heading.is_empty() || slugs(&one.text).contains(heading),
                None => heading.is_empty() && root().join(&target).exists(),
            };
            followed += 1;
            if !leads {
                broken.push(format!("{}: {link}", page.path));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(followed > 50, "only {followed} links were found");
}

/// A number that a change makes wrong belongs where it is generated. The pages left out are measurements with their day.
#[test]
fn counts_stand_in_generated_parts_alone() {
    let count = Regex::new(r"\b[0-9]+ (scenarios|sabotages|requirements|checks)\b").unwrap();
    for path in
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/worlds.md", "docs/proving.md", "docs/reports.md"]
    {
        let text = with_parts(&page(path).text, |_| String::new());
        let found: Vec<&str> = count.find_iter(&text).map(|found| found.as_str()).collect();
        assert!(found.is_empty(), "{path}: {found:?}");
    }
}

#[test]
fn the_first_page_is_short() {
    let lines = page("README.md").text.lines().count();
    assert!(lines < 150, "README.md has {lines} lines; details belong in docs/");
}

#[test]
fn words_of_verdicts_are_those_of_reports() {
    let reports = page("docs/reports.md").text;
    assert_eq!(column(&reports, "Verdict"), Verdict::ALL.map(Verdict::word));
    let first = page("README.md").text;
    for verdict in Verdict::ALL {
        let row = format!("| {} | `{}` |", verdict.symbol(), verdict.word());
        assert!(first.contains(&row), "README.md has no row `{row}`");
    }
    assert_eq!(column(&page("docs/proving.md").text, "A sabotage is"), Proof::ALL.map(Proof::word));
}

#[test]
fn the_glossary_is_in_order_and_one_sentence_each() {
    let glossary = page("docs/glossary.md").text;
    let rows: Vec<(&str, &str)> = glossary
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "))
        .filter(|(word, _)| *word != "Word")
        .collect();
    assert!(rows.len() >= 40, "{} words", rows.len());
    assert!(rows.is_sorted_by(|before, after| before.0 < after.0), "not in alphabetical order");
    for (word, meaning) in rows {
        assert!(meaning.ends_with('.') && !meaning.contains(". "), "{word}: not one sentence: {meaning}");
    }
    for path in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "scenarios/README.md"] {
        let page = page(path);
        let to_glossary = links(&page.text).iter().any(|link| page.beside(link) == "docs/glossary.md");
        assert!(to_glossary, "{path} does not link to the glossary");
    }
}

/// Each has one row in the code map, or one for each of its public modules.
const CRATES: [&str; 7] = ["core", "engine", "images", "kubernetes", "mesh", "pki", "runner"];

#[test]
fn the_code_map_has_every_module() {
    let architecture = page("ARCHITECTURE.md").text;
    let mut missing = Vec::new();
    for of_crate in CRATES {
        let folder = format!("harness/{of_crate}/src");
        if architecture.contains(&format!("| `{folder}` ")) {
            continue;
        }
        let library = fs::read_to_string(root().join(&folder).join("lib.rs")).unwrap();
        let modules = library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
        missing.extend(
            modules
                .map(|module| format!("{folder}/{module}"))
                .filter(|module| !["", ".rs"].iter().any(|end| architecture.contains(&format!("| `{module}{end}`")))),
        );
    }
    assert!(missing.is_empty(), "ARCHITECTURE.md says nothing about {missing:?}");
}

#[test]
fn every_tree_of_the_harness_is_listed() {
    let text = page("fixtures/infra/README.md").text;
    let row = text.lines().find(|line| line.starts_with("| `lab/`")).unwrap();
    for tree in fs::read_dir(root().join("fixtures/infra/lab")).unwrap() {
        let name = tree.unwrap().file_name().into_string().unwrap();
        assert!(row.contains(&format!("`{name}/`")), "fixtures/infra/README.md does not name lab/{name}");
    }
}

fn page(path: &str) -> Page {
    pages().into_iter().find(|page| page.path == path).unwrap_or_else(|| panic!("there is no {path}"))
}
