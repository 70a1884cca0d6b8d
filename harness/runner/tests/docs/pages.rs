//! The Markdown pages of the repository, and as much of their grammar as the tests need.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

pub(crate) struct Page {
    /// Relative to the repository.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Page {
    /// A relative path in this page, relative to the repository.
    pub(crate) fn beside(&self, path: &str) -> String {
        let mut parts: Vec<&str> = self.path.split('/').collect();
        parts.pop();
        for part in path.trim_end_matches('/').split('/') {
            match part {
                "." => {}
                ".." => drop(parts.pop()),
                name => parts.push(name),
            }
        }
        parts.join("/")
    }
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

pub(crate) fn pages() -> Vec<Page> {
    let root = root();
    let mut folders = vec![root.clone()];
    let mut pages = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && name != "target" && name != ".git" {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                let inside = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                pages.push(Page { path: inside, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    pages
}

/// The page with what `part` says between each `<!-- generated: NAME -->` and the next `<!-- end -->`.
pub(crate) fn with_parts(text: &str, mut part: impl FnMut(&str) -> String) -> String {
    const BEGIN: &str = "<!-- generated: ";
    const END: &str = "<!-- end -->";
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let (name, after) = after.split_once(" -->\n").unwrap();
        let (_, after) = after.split_once(END).unwrap_or_else(|| panic!("`{name}` has no end"));
        whole += &[before, BEGIN, name, " -->\n", &part(name), END].concat();
        rest = after;
    }
    whole + rest
}

/// Targets of links that are no addresses.
pub(crate) fn links(text: &str) -> Vec<String> {
    let prose = without_code(text);
    let targets = prose.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned()));
    targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:")).collect()
}

/// What a heading is called in a link.
pub(crate) fn slugs(text: &str) -> BTreeSet<String> {
    let kept = |letter: char| letter.is_alphanumeric() || " -_".contains(letter);
    let slug =
        |heading: &str| heading.to_lowercase().chars().filter(|c| kept(*c)).collect::<String>().replace(' ', "-");
    let headings =
        without_listings(text).filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    headings.map(slug).collect()
}

/// The first column, without back quotes, of the table whose first heading this is.
pub(crate) fn column<'t>(text: &'t str, heading: &str) -> Vec<&'t str> {
    let start = format!("| {heading} |");
    let rows =
        text.lines().skip_while(|line| !line.starts_with(&start)).skip(2).take_while(|line| line.starts_with('|'));
    rows.filter_map(|row| row.split('|').nth(1)).map(|cell| cell.trim().trim_matches('`')).collect()
}

fn without_listings(text: &str) -> impl Iterator<Item = &str> {
    let mut in_listing = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        in_listing ^= is_fence;
        !in_listing && !is_fence
    })
}

/// Neither listings nor what stands between back quotes; a link's own text may be code.
fn without_code(text: &str) -> String {
    let lines = without_listings(text);
    lines.map(|line| line.split('`').step_by(2).collect::<String>() + "\n").collect()
}

#[test]
fn links_and_headings_are_read() {
    let text = "# A `b` (c), d\nSee [x](a.md), [`y`](../b.md#c-d) and `[no](z.md)`.\n```\n# no\n[no](n.md)\n```\n[w](https://a.example)\n";
    assert_eq!(links(text), ["a.md", "../b.md#c-d"]);
    assert_eq!(slugs(text), BTreeSet::from(["a-b-c-d".to_owned()]));
    let page = Page { path: "docs/a.md".to_owned(), text: String::new() };
    assert_eq!([page.beside("b.md"), page.beside("../x/y/")], ["docs/b.md", "x/y"]);
    let parts = with_parts("a\n<!-- generated: n -->\nold\n<!-- end -->\nb", |name| format!("{name}!\n"));
    assert_eq!(parts, "a\n<!-- generated: n -->\nn!\n<!-- end -->\nb");
    assert_eq!(column("| A | B |\n|---|---|\n| `x` | y |\n\n| z |", "A"), ["x"]);
}
