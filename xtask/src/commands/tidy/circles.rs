//! Rule: modules do not import each other, neither folders nor the files of a folder.
//!
//! Descendants of a module count as the module, so a cycle is always one of siblings: two folders of the crate, or two
//! files of a folder. A parent and its descendants may import each other.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    modules::{Edge, Module, Modules},
    problem::Problem,
    source::Source,
};

/// The crates that the rule applies to.
const CRATES: [&str; 9] = [
    "harness/core/src/",
    "harness/engine/src/",
    "harness/images/src/",
    "harness/kubernetes/src/",
    "harness/mesh/src/",
    "harness/pki/src/",
    "harness/probe/src/",
    "harness/protocol/src/",
    "harness/runner/src/",
];

/// Files of one folder that may import each other, with the reason. Folders may not.
const EXCUSED: [(&[&str], &str); 1] = [(
    &["harness/core/src/support/row.rs", "harness/core/src/support/written.rs"],
    "serde turns a row and its written form into each other",
)];

pub(super) fn check(sources: &[Source]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut used: BTreeSet<&[&str]> = BTreeSet::new();
    for root in CRATES {
        let modules = Modules::of(sources, root);
        let edges = modules.edges();
        for circle in circles(&edges) {
            match EXCUSED.iter().find(|(files, _)| circle.is_of(&modules, files)) {
                Some((files, _)) => drop(used.insert(files)),
                None => problems.push(circle.problem(&modules, root)),
            }
        }
    }
    let is_there = |file: &&str| sources.iter().any(|source| source.path == **file);
    let stale = EXCUSED.iter().filter(|(files, _)| !used.contains(files) && files.iter().any(is_there));
    problems.extend(stale.map(|(files, _)| {
        let message = "this cycle is gone: remove it from the list in tidy/circles.rs";
        Problem::error(files[0], None, "file-circle", message)
    }));
    problems
}

/// Siblings of which each reaches all others.
struct Circle<'e> {
    members: BTreeSet<Module>,
    /// One import per pair.
    edges: Vec<&'e Edge>,
}

impl Circle<'_> {
    fn has_folder(&self, modules: &Modules<'_>) -> bool {
        self.members.iter().any(|member| modules.is_folder(member))
    }

    /// Whether its members are exactly these files.
    fn is_of(&self, modules: &Modules<'_>, files: &[&str]) -> bool {
        let paths: Option<BTreeSet<&str>> = self.members.iter().map(|member| modules.path(member)).collect();
        !self.has_folder(modules) && paths.is_some_and(|paths| paths == files.iter().copied().collect())
    }

    fn problem(&self, modules: &Modules<'_>, root: &str) -> Problem {
        let spell = |edge: &&Edge| {
            let file = modules.path(&edge.from).unwrap_or_default();
            format!("{}:{} takes `{}`", file.strip_prefix(root).unwrap_or(file), edge.line, edge.path)
        };
        let names: Vec<String> = self.members.iter().map(|member| format!("`{}`", member.join("/"))).collect();
        let taken: Vec<String> = self.edges.iter().map(spell).collect();
        let message = format!(
            "{} import each other: {}; move what both need into a file below both",
            names.join(", "),
            taken.join(", ")
        );
        let rule = if self.has_folder(modules) { "folder-circle" } else { "file-circle" };
        let (path, line) = match self.edges.first() {
            Some(edge) => (modules.path(&edge.from).unwrap_or(root), Some(edge.line)),
            None => (root, None),
        };
        Problem::error(path, line, rule, message)
    }
}

/// Imports between siblings: the first import of each pair.
type Pairs<'e> = BTreeMap<(Module, Module), &'e Edge>;

/// A cycle of folders or files appears among the children of their common parent module.
fn circles(edges: &[Edge]) -> Vec<Circle<'_>> {
    let mut neighbours: BTreeMap<&[String], Pairs<'_>> = BTreeMap::new();
    for edge in edges {
        let shared = edge.from.iter().zip(&edge.to).take_while(|(from, to)| from == to).count();
        // A parent and its descendants are not siblings.
        if let (Some(from), Some(to)) = (edge.from.get(..=shared), edge.to.get(..=shared)) {
            let pairs = neighbours.entry(&edge.from[..shared]).or_default();
            pairs.entry((from.to_vec(), to.to_vec())).or_insert(edge);
        }
    }
    neighbours.into_values().flat_map(|pairs| of_neighbours(&pairs)).collect()
}

fn of_neighbours<'e>(pairs: &Pairs<'e>) -> Vec<Circle<'e>> {
    let all: BTreeSet<&Module> = pairs.keys().map(|(from, _)| from).collect();
    let reached: BTreeMap<&Module, BTreeSet<&Module>> =
        all.iter().map(|from| (*from, reachable(from, pairs))).collect();
    let mut circles: Vec<Circle<'e>> = Vec::new();
    for from in all {
        if circles.iter().any(|circle| circle.members.contains(from)) {
            continue;
        }
        let back = |to: &&&Module| reached.get(**to).is_some_and(|reached| reached.contains(from));
        let members: BTreeSet<Module> = reached[from].iter().filter(back).map(|member| (*member).clone()).collect();
        if members.len() > 1 {
            let inside = pairs.iter().filter(|((from, to), _)| members.contains(from) && members.contains(to));
            circles.push(Circle { edges: inside.map(|(_, edge)| *edge).collect(), members });
        }
    }
    circles
}

/// Everything that one sibling imports, directly or through others.
fn reachable<'p>(from: &'p Module, pairs: &'p Pairs<'_>) -> BTreeSet<&'p Module> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(module) = open.pop() {
        let next = pairs.keys().filter(|(one, _)| one == module).map(|(_, to)| to);
        open.extend(next.filter(|to| reached.insert(*to)));
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::{super::problem::brief, *};

    fn check_all(files: &[(&str, &str)]) -> Vec<Problem> {
        let sources: Vec<Source> =
            files.iter().map(|(path, text)| Source::read(&format!("harness/core/src/{path}"), text)).collect();
        check(&sources)
    }

    #[test]
    fn folders_that_import_each_other_are_red() {
        let a = ("a/x.rs", "use crate::b::Y;");
        for (face, back) in
            [("mod y;", "use crate::a::x::X;"), ("mod y;\npub use y::Y;", "fn f() { crate::a::x::f() }")]
        {
            let problems = check_all(&[("a/mod.rs", "pub mod x;"), a, ("b/mod.rs", face), ("b/y.rs", back)]);
            assert_eq!(brief(&problems), ["folder-circle harness/core/src/a/x.rs:1"], "{back}");
            assert_eq!(
                problems[0].message,
                format!(
                    "`a`, `b` import each other: a/x.rs:1 takes `crate::b::Y`, b/y.rs:1 takes `{}`; \
                     move what both need into a file below both",
                    if back.starts_with("use") { "crate::a::x::X" } else { "crate::a::x::f" }
                )
            );
        }
    }

    #[test]
    fn files_that_import_each_other_are_red() {
        let files = [
            ("a/mod.rs", "mod x; mod y; mod z; pub use x::X; pub use y::Y; pub use z::Z;"),
            ("a/x.rs", "use super::Y;"),
            ("a/y.rs", "\nuse super::z::Z;"),
            ("a/z.rs", "use super::X;"),
        ];
        assert_eq!(brief(&check_all(&files)), ["file-circle harness/core/src/a/x.rs:1"]);
    }

    #[test]
    fn a_file_and_a_folder_beside_it_are_a_circle_of_folders() {
        let files =
            [("a/mod.rs", ""), ("a/x.rs", "use super::y::z::Z;"), ("a/y/mod.rs", ""), ("a/y/z.rs", "use crate::a::x;")];
        assert_eq!(brief(&check_all(&files)), ["folder-circle harness/core/src/a/x.rs:1"]);
    }

    #[test]
    fn what_only_goes_down_is_fine() {
        for files in [
            // A parent and its child.
            vec![("a/mod.rs", "mod x; use x::X; pub struct A;"), ("a/x.rs", "use super::A;")],
            // Two paths to the same module, no cycle.
            vec![("a.rs", "use crate::{b, c};"), ("b.rs", "use crate::c;"), ("c.rs", "")],
            // A test may import from a module that depends on it.
            vec![("a.rs", "use crate::b::B;"), ("b.rs", "#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}")],
        ] {
            assert_eq!(check_all(&files), [], "{files:?}");
        }
    }

    #[test]
    fn an_excuse_covers_its_files_alone_and_must_be_needed() {
        let there = |row: &str, written: &str| {
            let samples = [("support/mod.rs", ""), ("support/row.rs", row), ("support/written.rs", written)];
            brief(&check_all(&samples))
        };
        assert_eq!(there("use super::written::W;", "use super::row::R;"), Vec::<String>::new());
        assert_eq!(there("use super::written::W;", ""), ["file-circle harness/core/src/support/row.rs"]);
        let more = [
            ("support/mod.rs", ""),
            ("support/row.rs", "use super::written::W;"),
            ("support/written.rs", "use super::{row::R, third::T};"),
            ("support/third.rs", "use super::row::R;"),
        ];
        // A cycle without an exception, so the exception is unused.
        assert_eq!(
            brief(&check_all(&more)),
            ["file-circle harness/core/src/support/row.rs:1", "file-circle harness/core/src/support/row.rs"]
        );
    }
}
