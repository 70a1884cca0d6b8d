//! Parses `stack.yaml`: syntax, unknown keys, and unresolved references.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use miette::{LabeledSpan, SourceCode};
use mtls_core::support::Row;
use serde::de::DeserializeOwned;

use super::{Component, Placed, Source, Stack};

/// The reason why a stack declaration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The text is not a stack declaration; the message contains line and column.
    #[error("{}: {problem}", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// What is wrong, with line and column.
        problem: String,
        /// The text, for the excerpt.
        text: String,
        /// The position, as a byte range.
        at: Option<std::ops::Range<usize>>,
    },
    /// A reference in the file does not resolve.
    #[error("{}: {problem}", file.display())]
    Unresolved {
        /// The file.
        file: PathBuf,
        /// The reference, and the existing names.
        problem: String,
    },
    /// The file cannot be read.
    #[error("cannot read {}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
}

impl miette::Diagnostic for StackError {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        match self {
            Self::Malformed { text, .. } => Some(text),
            Self::Unresolved { .. } | Self::Unreadable { .. } => None,
        }
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        match self {
            Self::Malformed { at: Some(at), .. } => {
                Some(Box::new(std::iter::once(LabeledSpan::at(at.clone(), "here"))))
            }
            _ => None,
        }
    }
}

impl Stack {
    /// Reads and checks a declaration.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is malformed, or refers to an undeclared name.
    pub fn read(file: &Path) -> Result<Self, StackError> {
        Self::parse(file, &text(file)?)
    }

    /// Checks the text of a declaration; `file` is only used in errors.
    ///
    /// # Errors
    ///
    /// When the text is malformed or refers to an undeclared name.
    pub fn parse(file: &Path, text: &str) -> Result<Self, StackError> {
        let stack: Self = decode(file, text)?;
        stack.checked().map_err(|problem| StackError::Unresolved { file: file.to_owned(), problem })
    }

    /// The declaration, if every reference in it resolves; otherwise the first that does not.
    pub(super) fn checked(self) -> Result<Self, String> {
        self.dangling().map_or(Ok(self), Err)
    }

    fn dangling(&self) -> Option<String> {
        let mut ids = BTreeSet::new();
        for component in &self.components {
            if !ids.insert(component.id.as_str()) {
                return Some(format!("component `{}` is declared twice", component.id));
            }
        }
        let mut promises = BTreeSet::new();
        for row in &self.support {
            if !promises.insert((&row.component, &row.version, row.by)) {
                let Row { component, version, by, .. } = row;
                return Some(format!(
                    "support of `{component}` {version} by {by} is declared twice; keep the row read last"
                ));
            }
        }
        let placed = self.images.iter().flat_map(|image| &image.files);
        placed
            .chain(&self.node.files)
            .find_map(|placed| self.misplaced(placed))
            .or_else(|| self.references().find_map(|id| self.unknown_component(id)))
            .or_else(|| self.not_a_rootfs())
            .or_else(|| self.another_kubernetes())
            .or_else(|| self.unknown_image())
    }

    /// A node image with another tag would run another Kubernetes version than the declared one.
    fn another_kubernetes(&self) -> Option<String> {
        let name = &self.node.upstream.as_ref()?.name;
        let version = &self.component(&self.node.kubernetes)?.version;
        let is_of_that_version = name.rsplit_once(':').is_some_and(|(_, tag)| tag == version);
        (!is_of_that_version).then(|| format!("node image `{name}` must have the declared tag {version}"))
    }

    fn unknown_image(&self) -> Option<String> {
        let wanted = &self.node.kubeadm_images;
        let lacks = |name: &&String| self.images.iter().all(|image| image.reference() != **name);
        let name = [&wanted.dns, &wanted.etcd].into_iter().find(lacks)?;
        Some(format!("`node.kubeadm-images` names `{name}`, which is not a declared image"))
    }

    fn references(&self) -> impl Iterator<Item = &str> {
        [BASE_ROOTFS, &self.node.rootfs, &self.node.kubernetes].into_iter()
    }

    fn unknown_component(&self, id: &str) -> Option<String> {
        if self.component(id).is_some() {
            return None;
        }
        let known: Vec<&str> = self.components.iter().map(|one| one.id.as_str()).collect();
        Some(format!("component `{id}` is not declared; declared are {}", known.join(", ")))
    }

    fn not_a_rootfs(&self) -> Option<String> {
        [BASE_ROOTFS, &self.node.rootfs]
            .into_iter()
            .filter_map(|id| self.component(id))
            .find(|component| !matches!(component.source, Source::Rootfs(_)))
            .map(|component| format!("component `{}` must be a rootfs", component.id))
    }

    fn misplaced(&self, placed: &Placed) -> Option<String> {
        if placed.path.starts_with('/') || placed.path.split('/').any(|part| part == "..") {
            return Some(format!("path `{}` must be relative to the root and stay below it", placed.path));
        }
        let Some(component) = self.component(&placed.component) else {
            return self.unknown_component(&placed.component);
        };
        lacks(component, &placed.output)
    }
}

/// The component that images with `base: debian` are built on.
pub const BASE_ROOTFS: &str = "base-rootfs";

pub(super) fn text(file: &Path) -> Result<String, StackError> {
    fs::read_to_string(file).map_err(|source| StackError::Unreadable { file: file.to_owned(), source })
}

/// Deserialises the text of a declaration.
pub(super) fn decode<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, StackError> {
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| malformed(file, text, &error))
}

fn lacks(component: &Component, output: &str) -> Option<String> {
    let outputs = component.outputs();
    if outputs.contains(&output) {
        return None;
    }
    Some(format!("component `{}` has no output `{output}`; it has {}", component.id, outputs.join(", ")))
}

fn malformed(file: &Path, text: &str, error: &serde_saphyr::Error) -> StackError {
    let at = error.location().map(|place| {
        let start = offset(text, place.line(), place.column());
        start..(start + 1).min(text.len())
    });
    StackError::Malformed { file: file.to_owned(), problem: error.to_string(), text: text.to_owned(), at }
}

/// The byte offset of a line and column, both counted from 1.
fn offset(text: &str, line: u64, column: u64) -> usize {
    let mut lines = text.split_inclusive('\n');
    let skipped = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    let before: usize = lines.by_ref().take(skipped).map(str::len).sum();
    let inside = usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX);
    let within = lines.next().map_or(0, |line| line.chars().take(inside).map(char::len_utf8).sum());
    (before + within).min(text.len().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_declaration_is_sound() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/stack/stack.yaml");
        let stack = Stack::read(&file).unwrap();
        assert!(stack.images.len() >= 18);
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let text = shipped().replace("    cgo: disabled\n", "    cog: disabled\n");
        let shown = refused(&text);
        assert!(shown.contains("cog"), "{shown}");
        let line = text.lines().position(|line| line.contains("cog:")).unwrap() + 1;
        assert!(shown.contains(&format!("line {line}")), "{shown}");
    }

    #[test]
    fn an_output_that_does_not_exist_is_named() {
        let shown = refused(&shipped().replace("output: etcd,", "output: etcdctl,"));
        assert!(shown.contains("`etcd` has no output `etcdctl`"), "{shown}");
    }

    #[test]
    fn a_component_that_does_not_exist_is_named() {
        let shown = refused(&shipped().replace("component: envoy,", "component: envoi,"));
        assert!(shown.contains("component `envoi` is not declared"), "{shown}");
    }

    #[test]
    fn a_path_that_leaves_the_image_is_refused() {
        let shown = refused(&shipped().replace("path: coredns}", "path: ../coredns}"));
        assert!(shown.contains("`../coredns` must be relative"), "{shown}");
    }

    #[test]
    fn a_node_image_of_another_kubernetes_is_refused() {
        let shown = refused(&shipped().replace("kindest/node:v", "kindest/node:v0."));
        assert!(shown.contains("must have the declared tag v"), "{shown}");
    }

    #[test]
    fn an_image_for_kubeadm_that_does_not_exist_is_named() {
        let shown = refused(&shipped().replace("etcd: \"registry.k8s.io/etcd:", "etcd: \"registry.k8s.io/etc:"));
        assert!(shown.contains("names `registry.k8s.io/etc:3.6.9-0`, which is not a declared image"), "{shown}");
    }

    #[test]
    fn a_bad_support_row_is_refused_with_its_line_and_the_way_out() {
        let good = "until: 2023-09-12, source: \"cert-manager.io, Releases, End of Life: release of 1.13, which is of that day\", ";
        for (bad, advice) in [
            ("end: 2023-09-12, source: \"s\", ", "unknown field `end`"),
            ("until: 2023-13-12, source: \"s\", ", "`2023-13-12` is no day; write it as 2026-11-30"),
            ("until: 2023-09-12, source: \"\", ", "the project's own page and its section, by name"),
            ("source: \"s\", ", "cert-manager 1.11 has none of them; give `until`"),
        ] {
            let text = shipped().replace(good, bad);
            let line = text.lines().position(|line| line.contains(bad)).unwrap() + 1;
            let error = Stack::parse(Path::new("stack.yaml"), &text).unwrap_err();
            let shown = error.to_string();
            assert!(shown.starts_with("stack.yaml: ") && shown.contains(advice), "{shown}");
            assert!(shown.contains(&format!("line {line}")), "{line}: {shown}");
            let StackError::Malformed { at: Some(at), .. } = error else { panic!("{shown}") };
            assert_eq!(text[..at.start].lines().count(), line, "{shown}");
        }
    }

    #[test]
    fn a_promise_is_made_once() {
        let twice = shipped().replace("component: spire, version: \"1.14\"", "component: spire, version: \"1.13\"");
        let shown = refused(&twice);
        assert!(shown.contains("support of `spire` 1.13 by upstream is declared twice"), "{shown}");
    }

    #[test]
    fn a_row_for_a_component_of_another_set_is_welcome() {
        let other =
            shipped().replace("component: spire, version: \"1.13\"", "component: trust-manager, version: \"0.1\"");
        Stack::parse(Path::new("stack.yaml"), &other).unwrap();
    }

    fn shipped() -> String {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/stack/stack.yaml");
        fs::read_to_string(file).unwrap()
    }

    fn refused(text: &str) -> String {
        Stack::parse(Path::new("stack.yaml"), text).unwrap_err().to_string()
    }
}
