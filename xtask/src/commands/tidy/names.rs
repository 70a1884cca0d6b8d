//! Rules about where external crates and products may be named.
//!
//! If only one folder names a crate or a product, it can be replaced or added there.

use super::{
    problem::Problem,
    source::{Line, Source},
};

/// Each external crate has one home folder.
pub(super) fn crates(sources: &[Source]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for source in sources.iter().filter(|source| source.is_in(&["harness/src/", "xtask/src/"])) {
        for (number, line) in source.product() {
            for home in HOMES.iter().filter(|home| !source.is_in(home.folders)) {
                let excused = |word: &str| {
                    let shared = format!("{word}::{}", home.shared);
                    !home.shared.is_empty() && line.names(&shared)
                };
                for word in home.crates.iter().filter(|word| uses(line, word) && !excused(word)) {
                    let message = format!("`{word}` is named outside {}", home.folders.join(", "));
                    problems.push(Problem::error(&source.path, Some(number), "crate-home", message));
                }
            }
        }
    }
    problems
}

/// Whether this is the start of a path, and not a variable or module with the same name.
fn uses(line: &Line, name: &str) -> bool {
    let path = format!("{name}::");
    let inside = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let begins = line.code.match_indices(&path).any(|(at, _)| !line.code[..at].ends_with(inside));
    begins || ["use ", "use ::"].iter().any(|word| line.names(&format!("{word}{name}")))
}

/// Products are named under `stack/`, and in the files of the table below.
pub(super) fn products(sources: &[Source]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut used = vec![false; ELSEWHERE.len()];
    for source in sources.iter().filter(|source| source.is_in(&["harness/src/"]) && !source.is_in(&[STACK])) {
        for (number, line) in source.product() {
            let mut text = line.literals.to_lowercase();
            for (index, (_, words, _)) in ELSEWHERE.iter().enumerate().filter(|(_, entry)| entry.0 == source.path) {
                for word in *words {
                    used[index] |= text.contains(word);
                    text = text.replace(word, "");
                }
            }
            for product in PRODUCTS.iter().filter(|product| text.contains(**product)) {
                let message = format!("the literal names the product `{product}`, which only {STACK} may");
                problems.push(Problem::error(&source.path, Some(number), "product-home", message));
            }
        }
    }
    let stale =
        ELSEWHERE.iter().zip(used).filter(|(entry, used)| !used && sources.iter().any(|source| source.path == entry.0));
    problems.extend(stale.map(|((path, words, _), _)| {
        let message = format!("no longer names {}: remove it from the list in tidy/names.rs", words.join(", "));
        Problem::error(path, None, "product-home", message)
    }));
    problems
}

/// The folders where a crate may be named.
struct Home {
    crates: &'static [&'static str],
    folders: &'static [&'static str],
    /// The one item that other folders may name too, or nothing.
    shared: &'static str,
}

const HOMES: [Home; 3] = [
    Home { crates: &["rcgen", "x509_parser", "webpki"], folders: &["harness/src/pki/"], shared: "" },
    Home {
        crates: &["testcontainers", "bollard"],
        folders: &["harness/src/cluster/", "harness/src/images/"],
        shared: "",
    },
    // A dynamically typed object is a value type of this harness, not access to a server.
    Home { crates: &["kube"], folders: &["harness/src/kubernetes/"], shared: "api::DynamicObject" },
];

const STACK: &str = "harness/src/stack/";
/// SPIFFE is a standard, and may be named anywhere.
const PRODUCTS: [&str; 6] = ["alertmanager", "cert-manager", "envoy", "istio", "prometheus", "spire"];

/// Literals elsewhere: file, words, reason.
const ELSEWHERE: [(&str, &[&str], &str); 13] = [
    (
        "harness/src/scenario/feature.rs",
        &["cert-manager", "spire", "istio", "prometheus", "alertmanager"],
        "the closed set of features that a scenario may need is part of the language",
    ),
    ("harness/src/scenario/model.rs", &["envoy-config"], "the verb's word"),
    ("harness/src/scenario/migrate/tables.rs", &["envoy-config"], "the verb's word"),
    (
        "harness/src/world/kind.rs",
        &["cert-manager", "spire", "istio", "prometheus", "alertmanager"],
        "a world declares its features by their names in the scenario language",
    ),
    (
        "harness/src/world/existing.rs",
        &["cert-manager", "istio", "spire"],
        "the features of an existing cluster are detected",
    ),
    (
        "harness/src/run/steps/identity.rs",
        &["cert-manager.io"],
        "the API group of the object that issues an ephemeral identity",
    ),
    ("harness/src/scenario/cases/model.rs", &["envoy"], "the validators are part of the language of case files"),
    ("harness/src/scenario/raw/document.rs", &["envoy-config"], "the name of the verb"),
    ("harness/src/scenario/resolve/action.rs", &["envoy-config"], "the name of the verb"),
    ("harness/src/scenario/facts.rs", &["envoy-config"], "the name of the verb"),
    ("harness/src/run/steps/attempt.rs", &["istio"], "the ALPN name by which sidecars recognise each other"),
    ("harness/src/run/steps/promql.rs", &["prometheus"], "the source of a fact"),
    ("harness/src/run/steps/alert.rs", &["prometheus"], "the source of a fact"),
];

#[cfg(test)]
mod tests {
    use super::{super::problem::brief, *};

    fn read(path: &str, text: &str) -> Vec<Source> {
        vec![Source::read(path, text)]
    }

    #[test]
    fn a_crate_outside_its_home_is_red() {
        for (path, text, expected) in [
            ("harness/src/run/a.rs", "use rcgen::CertificateParams;", "crate-home harness/src/run/a.rs:1"),
            ("harness/src/run/a.rs", "\nlet k = rcgen::KeyPair::generate();", "crate-home harness/src/run/a.rs:2"),
            ("xtask/src/a.rs", "use x509_parser::parse;", "crate-home xtask/src/a.rs:1"),
            ("harness/src/probe/a.rs", "use webpki::anchor;", "crate-home harness/src/probe/a.rs:1"),
            ("harness/src/stack/a.rs", "use bollard::Docker;", "crate-home harness/src/stack/a.rs:1"),
            ("harness/src/stack/a.rs", "use testcontainers::Image;", "crate-home harness/src/stack/a.rs:1"),
            ("harness/src/run/a.rs", "use kube as k;", "crate-home harness/src/run/a.rs:1"),
            ("harness/src/run/a.rs", "use kube::Api;", "crate-home harness/src/run/a.rs:1"),
            ("harness/src/run/a.rs", "use kube::api::{DynamicObject, Api};", "crate-home harness/src/run/a.rs:1"),
        ] {
            assert_eq!(brief(&crates(&read(path, text))), [expected], "{text}");
        }
    }

    #[test]
    fn a_crate_in_its_home_is_fine() {
        for (path, text) in [
            ("harness/src/pki/a.rs", "use rcgen::CertificateParams;"),
            ("harness/src/pki/a.rs", "use rcgen::KeyPair;"),
            ("harness/src/images/a.rs", "use bollard::Docker;"),
            ("harness/src/run/a.rs", "use kube::api::DynamicObject;"),
            ("harness/src/run/a.rs", "use crate::kubernetes::Kube; // not kube"),
            ("harness/src/run/a.rs", "world.kube.get(&kube, crate::kube::X)"),
            ("fixtures/client/src/a.rs", "use rcgen::CertificateParams;"),
            ("harness/src/run/a.rs", "#[cfg(test)]\nmod tests {\n use rcgen::KeyPair;\n}"),
        ] {
            assert_eq!(crates(&read(path, text)), [], "{text}");
        }
    }

    #[test]
    fn a_product_outside_stack_is_red() {
        for (text, lines) in [
            ("let a = \"cert-manager.io/v1\";", vec!["product-home harness/src/run/a.rs:1"]),
            ("\nlet a = r#\"istio-system\"#;", vec!["product-home harness/src/run/a.rs:2"]),
            ("let a = \"spire-server\";", vec!["product-home harness/src/run/a.rs:1"]),
            ("let a = \"spiffe://a\"; // spire", vec![]),
            ("use crate::stack::spire;", vec![]),
            ("#[cfg(test)]\nmod tests {\n let a = \"istio\";\n}", vec![]),
        ] {
            assert_eq!(brief(&products(&read("harness/src/run/a.rs", text))), lines, "{text}");
        }
        assert_eq!(products(&read("harness/src/stack/a.rs", "let a = \"istio\";")), []);
    }

    #[test]
    fn an_excuse_covers_its_words_alone_and_must_be_needed() {
        let path = "harness/src/run/steps/promql.rs";
        assert_eq!(products(&read(path, "let a = \"prometheus\";")), []);
        assert_eq!(products(&read(path, "let a = (\"prometheus\", \"istio\");")).len(), 1);
        assert_eq!(brief(&products(&read(path, "let a = 1;"))), [format!("product-home {path}")]);
    }
}
