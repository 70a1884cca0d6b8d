//! Rule: products are named in one folder, so that one can be replaced or added there.
//!
//! External crates have their homes by dependencies: see `dependencies`.

use super::{problem::Problem, source::Source};

/// Products are named under `stack/`, and in the files of the table below.
pub(super) fn products(sources: &[Source]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut used = vec![false; ELSEWHERE.len()];
    for source in sources.iter().filter(|source| {
        source.path.starts_with("harness/")
            && source.path.contains("/src/")
            && !source.is_in(&[STACK])
            && !source.is_in(&OF_ONE_PRODUCT)
    }) {
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

const STACK: &str = "harness/runner/src/stack/";
/// Folders that are about one product: what its objects mean, and whether that is so.
const OF_ONE_PRODUCT: [&str; 2] = ["harness/mesh/src/", "harness/runner/src/differential/"];
/// SPIFFE is a standard, and may be named anywhere.
const PRODUCTS: [&str; 6] = ["alertmanager", "cert-manager", "envoy", "istio", "prometheus", "spire"];

/// Literals elsewhere: file, words, reason.
const ELSEWHERE: [(&str, &[&str], &str); 11] = [
    (
        "harness/core/src/scenario/feature.rs",
        &["cert-manager", "spire", "istio", "prometheus", "alertmanager"],
        "the closed set of features that a scenario may need is part of the language",
    ),
    ("harness/core/src/scenario/verbs/mod.rs", &["envoy-config"], "the name of the verb"),
    (
        "harness/core/src/scenario/verbs/envoy_config.rs",
        &["envoy-config", "fixtures/envoy"],
        "the name of the verb, and the page that explains it",
    ),
    ("harness/core/src/scenario/migrate/tables.rs", &["envoy-config"], "the verb's word"),
    (
        "harness/runner/src/world/kind.rs",
        &["cert-manager", "spire", "istio", "prometheus", "alertmanager"],
        "a world declares its features by their names in the scenario language",
    ),
    (
        "harness/runner/src/world/existing.rs",
        &["cert-manager", "istio", "spire"],
        "the features of an existing cluster are detected",
    ),
    (
        "harness/runner/src/world/kubernetes/issue.rs",
        &["cert-manager.io"],
        "the API group of the object that issues an ephemeral identity",
    ),
    ("harness/core/src/scenario/cases/model.rs", &["envoy"], "the validators are part of the language of case files"),
    ("harness/runner/src/run/steps/attempt.rs", &["istio"], "the ALPN name by which sidecars recognise each other"),
    ("harness/runner/src/run/steps/promql.rs", &["prometheus"], "the source of a fact"),
    ("harness/runner/src/run/steps/alert.rs", &["prometheus"], "the source of a fact"),
];

#[cfg(test)]
mod tests {
    use super::{super::problem::brief, *};

    fn read(path: &str, text: &str) -> Vec<Source> {
        vec![Source::read(path, text)]
    }

    #[test]
    fn a_product_outside_stack_is_red() {
        for (text, lines) in [
            ("let a = \"cert-manager.io/v1\";", vec!["product-home harness/runner/src/run/a.rs:1"]),
            ("\nlet a = r#\"istio-system\"#;", vec!["product-home harness/runner/src/run/a.rs:2"]),
            ("let a = \"spire-server\";", vec!["product-home harness/runner/src/run/a.rs:1"]),
            ("let a = \"spiffe://a\"; // spire", vec![]),
            ("use crate::stack::spire;", vec![]),
            ("#[cfg(test)]\nmod tests {\n let a = \"istio\";\n}", vec![]),
        ] {
            assert_eq!(brief(&products(&read("harness/runner/src/run/a.rs", text))), lines, "{text}");
        }
        assert_eq!(products(&read("harness/runner/src/stack/a.rs", "let a = \"istio\";")), []);
    }

    #[test]
    fn an_excuse_covers_its_words_alone_and_must_be_needed() {
        let path = "harness/runner/src/run/steps/promql.rs";
        assert_eq!(products(&read(path, "let a = \"prometheus\";")), []);
        assert_eq!(products(&read(path, "let a = (\"prometheus\", \"istio\");")).len(), 1);
        assert_eq!(brief(&products(&read(path, "let a = 1;"))), [format!("product-home {path}")]);
    }
}
