//! Images by tags that mean another image tomorrow: two runs of one tree would examine two systems.

use crate::yaml::{Content, Node, Problem, Rule};

const CONTAINERS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];
/// Tags that are moved by whoever publishes.
const MOVING: [&str; 7] = ["edge", "latest", "main", "master", "nightly", "stable", "unstable"];

/// Every image of a container, and every tag that a kustomization sets, that does not stay what it is.
pub(in crate::scenario) fn floating(node: &Node) -> Vec<Problem> {
    let mut problems = Vec::new();
    match &node.content {
        Content::List(items) => problems.extend(items.iter().flat_map(floating)),
        Content::Map(entries) => {
            for (key, value) in entries {
                if CONTAINERS.contains(&key.text.as_str()) {
                    problems.extend(value.items().iter().filter_map(|container| of(container.get("image")?)));
                } else if key.text == "images" {
                    problems.extend(value.items().iter().filter_map(|image| set(image.get("newTag")?)));
                }
                problems.extend(floating(value));
            }
        }
        Content::Bool(_) | Content::Null | Content::Number(_) | Content::Text(_) => {}
    }
    problems
}

fn of(image: &Node) -> Option<Problem> {
    let name = image.text()?;
    // A digest, or something that is filled in later.
    if name.contains(['@', '$', '{']) {
        return None;
    }
    let message = match name.rsplit('/').next().unwrap_or(name).split_once(':') {
        None => format!("the image `{name}` has no tag, which means `latest`"),
        Some((_, tag)) if MOVING.contains(&tag) => format!("the image `{name}` is another one tomorrow"),
        Some(_) => return None,
    };
    Some(complaint(image, message))
}

fn set(tag: &Node) -> Option<Problem> {
    let name = tag.text().filter(|name| MOVING.contains(name))?;
    Some(complaint(tag, format!("the tag `{name}` is another image tomorrow")))
}

fn complaint(node: &Node, message: String) -> Problem {
    Problem::new(Rule::FloatingTag, node.place, message).help("name a version, or a digest: `name@sha256:…`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(text: &str) -> Vec<String> {
        floating(&Node::parse(text).unwrap()).into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn a_tag_that_moves_is_found_wherever_containers_are() {
        for image in ["a", "registry:5000/a", "a:latest", "registry:5000/a/b:main", "a:stable"] {
            assert_eq!(
                images(&format!("spec: {{template: {{spec: {{containers: [{{image: '{image}'}}]}}}}}}")).len(),
                1
            );
            assert_eq!(images(&format!("items: [{{spec: {{initContainers: [{{image: '{image}'}}]}}}}]")).len(), 1);
        }
        assert_eq!(images("kind: Kustomization\nimages: [{name: a, newTag: latest}]").len(), 1);
    }

    #[test]
    fn a_version_or_a_digest_stays_what_it_is() {
        for image in ["a:1.2", "registry:5000/a:v1", "a@sha256:00", "a:latest@sha256:00", "localhost/a:dev", "${image}"]
        {
            assert_eq!(images(&format!("containers: [{{image: '{image}'}}]")), Vec::<String>::new());
        }
        // A schema that describes containers holds none.
        assert_eq!(images("containers: {items: {properties: {image: {type: string}}}}"), Vec::<String>::new());
    }
}
