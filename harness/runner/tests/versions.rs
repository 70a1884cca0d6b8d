//! The trees of each version set name images that the set declares, and differ from the current trees only in versions.
#![expect(clippy::unwrap_used, reason = "tests, helpers included, fail by panicking")]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use mtls_images::{Stack, StackName};

#[test]
fn every_image_of_the_trees_is_one_of_the_stack() {
    let declared = images_of(&StackName::default());
    let mut named = BTreeSet::new();
    for folder in ["platform", "mtls", "lab"] {
        for file in files(&infra().join(folder)) {
            named.extend(images_in(&std::fs::read_to_string(file).unwrap()));
        }
    }
    assert!(named.len() >= 12, "{named:?}");
    // Templates write these into pods: the injector's own tag, and a name that its template completes.
    let unknown: Vec<_> = named.iter().filter(|name| !declared.contains(*name) && !name.contains("{{")).collect();
    assert!(unknown.is_empty(), "no image of stack.yaml: {unknown:?}");
}

#[test]
fn trees_of_another_set_name_its_images() {
    let name = StackName::from("seed-era");
    let overlay = name.overlay(&infra()).unwrap();
    let declared = images_of(&name);
    let mut named = BTreeSet::new();
    for file in files(&overlay) {
        named.extend(images_in(&std::fs::read_to_string(&file).unwrap()));
    }
    let differs: BTreeSet<_> = declared.difference(&images_of(&StackName::default())).cloned().collect();
    let missing: Vec<_> = differs.difference(&named).collect();
    assert!(missing.is_empty(), "declared otherwise and in no tree: {missing:?}");
    let unknown: Vec<_> = named.difference(&declared).collect();
    assert!(unknown.is_empty(), "no image of the set: {unknown:?}");
}

/// Compares whole files, because `kubectl apply -f` on the folder, as the reference document prints it, ignores
/// kustomizations.
#[test]
fn spire_of_another_set_differs_in_its_version_alone() {
    let read = |path: PathBuf| std::fs::read_to_string(path).unwrap();
    for file in ["server.yaml", "agent.yaml"] {
        let current = read(infra().join("mtls/spire").join(file));
        let other = read(infra().join("stacks/seed-era/mtls/spire").join(file));
        assert_ne!(other, current, "{file}");
        assert_eq!(other.replace(":1.13.3", ":1.15.3"), current, "{file}");
    }
}

fn infra() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/infra")
}

/// `name:tag` of every image that a set declares.
fn images_of(name: &StackName) -> BTreeSet<String> {
    let stack = Stack::read_set(&infra().join("../stack"), name).unwrap();
    stack.images.iter().map(mtls_images::stack::Image::reference).collect()
}

fn images_in(text: &str) -> Vec<String> {
    let fields = text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("image: "));
    fields.map(|image| image.trim_matches('"').to_owned()).filter(|image| image.contains('/')).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
    found
}
