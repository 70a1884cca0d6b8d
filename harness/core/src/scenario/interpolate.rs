//! Fills `${variable}`, `${participant.spiffe}` and `${participant.namespace}` into a document before it is decoded.
//!
//! Places stay those of the file, so a later complaint about a filled-in value still points at what the author wrote.
//! `$${` stands for a literal `${`. Participants may use variables; variables may use nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::model::Participant;
use crate::yaml::{Content, Node, Place, Problem, Rule, decode, nearest};

/// What a document may refer to, and what it did refer to.
pub(super) struct Names {
    values: BTreeMap<String, Content>,
    used: BTreeSet<String>,
}

impl Names {
    pub(super) fn is_used(&self, name: &str) -> bool {
        self.used.contains(name)
    }
}

/// Replaces every reference in the document.
pub(super) fn interpolate(document: &mut Node, problems: &mut Vec<Problem>) -> Names {
    interpolate_with(document, &[], problems)
}

/// [`interpolate`] with other values for some variables.
pub(super) fn interpolate_with(document: &mut Node, with: &[(String, Content)], problems: &mut Vec<Problem>) -> Names {
    let mut names = Names { values: BTreeMap::new(), used: BTreeSet::new() };
    for (key, value) in document.get("vars").into_iter().flat_map(Node::entries) {
        match value.content {
            Content::Bool(_) | Content::Number(_) | Content::Text(_) => {
                names.values.insert(key.text.clone(), value.content.clone());
            }
            _ => {
                let message = format!("the variable `{}` is {}, not a plain value", key.text, value.describe());
                problems.push(Problem::new(Rule::Shape, value.place, message));
            }
        }
    }
    for (name, value) in with {
        if names.values.insert(name.clone(), value.clone()).is_none() {
            let known: Vec<&str> =
                document.get("vars").into_iter().flat_map(Node::entries).map(|(key, _)| key.text.as_str()).collect();
            let problem = Problem::new(Rule::Variable, Place::START, format!("there is no variable `{name}`"));
            problems.push(problem.suggest(nearest(name, known)));
        }
    }
    let Content::Map(entries) = &mut document.content else { return names };
    for (_, value) in entries.iter_mut().filter(|(key, _)| key.text == "participants") {
        fill(value, &mut names, problems);
        // Members that cannot be decoded are reported when the document is.
        for (member, value) in value.entries() {
            if let Ok(decoded) = decode::<Participant>(value) {
                names.values.insert(format!("{}.spiffe", member.text), Content::Text(decoded.spiffe()));
                names.values.insert(format!("{}.namespace", member.text), Content::Text(decoded.namespace));
            }
        }
    }
    for (_, value) in entries.iter_mut().filter(|(key, _)| key.text != "participants" && key.text != "vars") {
        fill(value, &mut names, problems);
    }
    names
}

fn fill(node: &mut Node, names: &mut Names, problems: &mut Vec<Problem>) {
    match &mut node.content {
        Content::List(items) => items.iter_mut().for_each(|item| fill(item, names, problems)),
        Content::Map(entries) => entries.iter_mut().for_each(|(_, value)| fill(value, names, problems)),
        Content::Text(text) if text.contains("${") => {
            if let Some(filled) = fill_text(text, node.place, names, problems) {
                node.content = filled;
            }
        }
        _ => {}
    }
}

fn fill_text(text: &str, place: Place, names: &mut Names, problems: &mut Vec<Problem>) -> Option<Content> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        if let Some(literal) = rest[..start].strip_suffix('$') {
            filled += literal;
            filled += "${";
            rest = &rest[start + 2..];
            continue;
        }
        filled += &rest[..start];
        let Some(length) = rest[start..].find('}') else {
            let problem = Problem::new(Rule::Variable, place, "`${` is never closed with `}`");
            problems.push(problem.help("write `$${` for a literal `${`"));
            return None;
        };
        let name = &rest[start + 2..start + length];
        rest = &rest[start + length + 1..];
        let Some(value) = names.values.get(name) else {
            let known = names.values.keys().map(String::as_str);
            let problem = Problem::new(Rule::Variable, place, format!("`${{{name}}}` is not defined"));
            problems.push(match nearest(name, known) {
                Some(meant) => problem.help(format!("did you mean `${{{meant}}}`?")),
                None => problem.help("define it under `vars`, or use `${participant.spiffe}`"),
            });
            return None;
        };
        names.used.insert(name.split('.').next().unwrap_or(name).to_owned());
        // A text that is one reference keeps the kind of the variable.
        if filled.is_empty() && rest.is_empty() {
            return Some(value.clone());
        }
        match value {
            Content::Bool(value) => filled += &value.to_string(),
            Content::Number(value) => filled += &value.to_string(),
            Content::Text(value) => filled += value,
            Content::List(_) | Content::Map(_) | Content::Null => {}
        }
    }
    filled += rest;
    Some(Content::Text(filled))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filled(text: &str) -> (Node, Names, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut node = Node::parse(text).unwrap();
        let names = interpolate(&mut node, &mut problems);
        (node, names, problems)
    }

    #[test]
    fn references_are_replaced_wherever_they_stand() {
        let (node, names, problems) = filled(
            "vars: {ttl: 2m, count: 3}\n\
             participants: {server: {workload: proxy-api, namespace: prod}, rogue: {client: c, namespace: n, identity: {issuer: rogue, spiffe: \"spiffe://x/${ttl}\"}}}\n\
             steps: [{a: \"${count}\", b: \"in ${ttl} of ${count}\", c: \"${server.spiffe}\", d: \"$${x}\", e: \"${rogue.spiffe}\"}]\n",
        );
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(
            node.get("steps").unwrap().to_json(),
            json!([{
                "a": 3, "b": "in 2m of 3", "c": "spiffe://x0tta6bl4.mesh/ns/prod/sa/proxy-api", "d": "${x}", "e": "spiffe://x/2m"
            }])
        );
        assert!(names.is_used("ttl") && names.is_used("server"));
    }

    #[test]
    fn unknown_names_are_reported_with_what_was_meant() {
        let (_, _, problems) =
            filled("vars: {budget: 2m}\nsteps:\n- {a: \"${bugdet}\", b: \"${nobody.spiffe}\", c: \"${open\"}\n");
        let shown: Vec<_> = problems.iter().map(|problem| (problem.place.line, problem.message.as_str())).collect();
        assert_eq!(
            shown,
            [
                (3, "`${bugdet}` is not defined"),
                (3, "`${nobody.spiffe}` is not defined"),
                (3, "`${` is never closed with `}`")
            ]
        );
        assert_eq!(problems[0].help.as_deref(), Some("did you mean `${budget}`?"));
    }
}
