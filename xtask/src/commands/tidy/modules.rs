//! The files of a crate as modules, and the imports between them.
//!
//! A path is resolved through all re-exports to the file that defines the item. Paths into other crates are ignored,
//! and so are tests.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    imports::{Import, imports},
    source::Source,
};

/// The path of a module below its crate: `scenario`, `yaml`.
pub(super) type Module = Vec<String>;

/// An import from one file into another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) from: Module,
    pub(super) to: Module,
    /// The line in `from`, from 1.
    pub(super) line: usize,
    /// The path as written.
    pub(super) path: String,
}

/// The files of one crate that are not tests.
pub(super) struct Modules<'a> {
    files: BTreeMap<Module, File<'a>>,
}

struct File<'a> {
    path: &'a str,
    imports: Vec<Import>,
}

impl<'a> Modules<'a> {
    /// The crate whose sources are below `root`, such as `harness/runner/src/`.
    pub(super) fn of(sources: &'a [Source], root: &str) -> Self {
        let own: Vec<(Module, &Source)> =
            sources.iter().filter_map(|source| Some((module(source.path.strip_prefix(root)?), source))).collect();
        let tests: BTreeSet<Module> = own.iter().flat_map(|(module, source)| test_modules(module, source)).collect();
        let is_test = |module: &Module| (1..=module.len()).any(|length| tests.contains(&module[..length]));
        let files = own
            .into_iter()
            .filter(|(module, _)| !is_test(module))
            .map(|(module, source)| (module, File { path: &source.path, imports: imports(source) }));
        Self { files: files.collect() }
    }

    /// The file of a module.
    pub(super) fn path(&self, module: &[String]) -> Option<&'a str> {
        self.files.get(module).map(|file| file.path)
    }

    /// Whether the module has files below it.
    pub(super) fn is_folder(&self, module: &[String]) -> bool {
        self.files.keys().any(|other| other.len() > module.len() && other.starts_with(module))
    }

    /// Every import from another file of the crate.
    pub(super) fn edges(&self) -> Vec<Edge> {
        let mut edges = Vec::new();
        for (from, file) in &self.files {
            for import in &file.imports {
                let target = self.target(from, &import.within, &import.path, MOST_HOPS);
                if let Some(to) = target.filter(|to| to != from) {
                    let (line, path) = (import.line, import.path.join("::"));
                    edges.push(Edge { from: from.clone(), to, line, path });
                }
            }
        }
        edges
    }

    /// The module that defines the item of a path, resolved from `here`.
    fn target(&self, here: &Module, within: &[String], path: &[String], hops: usize) -> Option<Module> {
        let (mut at, mut rest) = self.start(here, within, path, hops)?;
        while let Some((next, after)) = rest.split_first() {
            let below = [at.as_slice(), std::slice::from_ref(next)].concat();
            if self.files.contains_key(&below) {
                (at, rest) = (below, after);
            } else if let Some(import) = self.named(&at, next).filter(|_| hops > 0) {
                let whole = [import.path.as_slice(), after].concat();
                return self.target(&at, &import.within, &whole, hops - 1).or(Some(at));
            } else {
                break;
            }
        }
        Some(at)
    }

    /// The module where a path starts, and the rest of the path; `None` when it starts in another crate.
    fn start<'p>(
        &self,
        here: &Module,
        within: &[String],
        path: &'p [String],
        hops: usize,
    ) -> Option<(Module, &'p [String])> {
        let (first, rest) = path.split_first()?;
        let inside = [here.as_slice(), within].concat();
        match first.as_str() {
            "crate" => Some((Module::new(), rest)),
            "self" => Some((self.file_of(inside), rest)),
            "super" => {
                let up = path.iter().take_while(|part| *part == "super").count();
                let above = inside.get(..inside.len().checked_sub(up)?)?.to_vec();
                Some((self.file_of(above), &path[up..]))
            }
            _ if self.files.contains_key(&[here.as_slice(), std::slice::from_ref(first)].concat()) => {
                Some((here.clone(), path))
            }
            _ => {
                let import = self.named(here, first).filter(|import| hops > 0 && import.path != path)?;
                // A name that is imported from a crate of the same name leads out of this crate.
                let outside = import.path.first() == Some(first);
                let at = (!outside).then(|| self.target(here, &import.within, &import.path, hops - 1)).flatten()?;
                Some((at, rest))
            }
        }
    }

    /// The import that binds this name in a file.
    fn named(&self, module: &Module, name: &str) -> Option<&Import> {
        self.files.get(module)?.imports.iter().find(|import| import.name.as_deref() == Some(name))
    }

    /// The file that contains an inline module.
    fn file_of(&self, mut module: Module) -> Module {
        while !module.is_empty() && !self.files.contains_key(&module) {
            module.pop();
        }
        module
    }
}

/// Maximum number of re-exports of a name; ends the resolution of cyclic ones.
const MOST_HOPS: usize = 16;

fn module(path: &str) -> Module {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let mut module: Module = stem.split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| ["lib", "main", "mod"].contains(&last.as_str())) {
        module.pop();
    }
    module
}

/// Modules in files of their own that are compiled for tests only.
fn test_modules(parent: &Module, source: &Source) -> Vec<Module> {
    let declared = source.lines.windows(2).filter(|pair| pair[0].code.trim() == "#[cfg(test)]");
    let name = |code: &str| code.trim().strip_suffix(';')?.split_once("mod ").map(|(_, name)| name.trim().to_owned());
    declared.filter_map(|pair| name(&pair[1].code)).map(|name| [parent.as_slice(), &[name]].concat()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<Source> =
            files.iter().map(|(path, text)| Source::read(&format!("harness/runner/src/{path}"), text)).collect();
        let spell = |edge: Edge| format!("{} -> {}", edge.from.join("/"), edge.to.join("/"));
        Modules::of(&sources, "harness/runner/src/").edges().into_iter().map(spell).collect()
    }

    #[test]
    fn paths_lead_to_the_file_that_defines() {
        let model = ("a/model.rs", "pub struct M;");
        for (face, other, expected) in [
            ("pub mod model;", "use crate::a::model::M;", vec!["b -> a/model"]),
            ("pub mod model;", "use crate::a;\nfn f() { a::model::f() }", vec!["b -> a", "b -> a/model"]),
            ("pub mod model;", "use crate::a::model;\nfn f() { model::f() }", vec!["b -> a/model", "b -> a/model"]),
            ("mod model;\npub use model::M;", "use super::a::M;", vec!["a -> a/model", "b -> a/model"]),
            (
                "mod model;\npub use self::model::M as N;",
                "fn f() -> crate::a::N {}",
                vec!["a -> a/model", "b -> a/model"],
            ),
            ("pub struct N;", "mod inside {\n    use super::super::a::N;\n}", vec!["b -> a"]),
            ("pub struct N;", "use a::N; use serde; use serde::Serialize;", vec![]),
            ("pub struct N;", "#[cfg(test)]\nmod tests {\n    use crate::a::N;\n}", vec![]),
        ] {
            assert_eq!(edges(&[("a/mod.rs", face), model, ("b.rs", other)]), expected, "{other}");
        }
    }

    #[test]
    fn files_for_tests_are_left_out() {
        let parent = ("a.rs", "#[cfg(test)]\nmod samples;");
        assert_eq!(edges(&[parent, ("a/samples.rs", "use crate::b::B;"), ("b.rs", "")]), Vec::<String>::new());
    }
}
