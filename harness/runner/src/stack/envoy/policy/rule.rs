//! Parses one rule of a policy, with the position of unsupported values, and generates its Envoy form.

use serde_json::{Value, json};

use super::{TrafficLevel, matcher::Field};

/// `from` and `to`; each alternative requires all of its fields.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    from: Vec<Fields>,
    to: Vec<Fields>,
}

/// Required and forbidden values of each field.
type Fields = Vec<(Field, Vec<String>, Vec<String>)>;

const SOURCE: [(&str, &str, Field); 2] =
    [("principals", "notPrincipals", Field::Principals), ("namespaces", "notNamespaces", Field::Namespaces)];
const OPERATION: [(&str, &str, Field); 3] = [
    ("methods", "notMethods", Field::Methods),
    ("paths", "notPaths", Field::Paths),
    ("ports", "notPorts", Field::Ports),
];

impl Rule {
    pub(super) fn is_about_requests(&self) -> bool {
        self.to.iter().flatten().any(|(field, ..)| field.is_about_requests())
    }

    /// An entry of an RBAC filter's `policies`; fields about requests are omitted if only connections are visible.
    pub(super) fn generated(&self, level: TrafficLevel, shift: u16) -> Value {
        let permissions = alternatives(&self.to, level, shift, ["and_rules", "or_rules", "rules", "not_rule"]);
        let principals = alternatives(&self.from, level, shift, ["and_ids", "or_ids", "ids", "not_id"]);
        json!({"permissions": permissions, "principals": principals})
    }
}

pub(super) fn read(place: &Place, value: &Value) -> Result<Rule, String> {
    place.only(value, &["from", "to"])?;
    let part = |key: &str, inner: &str, known: &[(&str, &str, Field)]| {
        place.at(key).each(&value[key], |place, element| {
            place.only(element, &[inner])?;
            fields(&place.at(inner), &element[inner], known)
        })
    };
    Ok(Rule { from: part("from", "source", &SOURCE)?, to: part("to", "operation", &OPERATION)? })
}

/// An empty list matches everything.
fn alternatives(all: &[Fields], level: TrafficLevel, shift: u16, [and, or, list, not]: [&str; 4]) -> Value {
    let any_of = |field: Field, values: &[String]| {
        let matchers: Vec<Value> = values.iter().map(|value| field.matcher(value, shift)).collect();
        json!({or: {list: matchers}})
    };
    let one = |fields: &Fields| {
        let mut demanded = Vec::new();
        let visible = |field: &Field| level == TrafficLevel::Requests || !field.is_about_requests();
        for (field, values, not_values) in fields.iter().filter(|(field, ..)| visible(field)) {
            if !values.is_empty() {
                demanded.push(any_of(*field, values));
            }
            if !not_values.is_empty() {
                demanded.push(json!({not: any_of(*field, not_values)}));
            }
        }
        if demanded.is_empty() {
            demanded.push(json!({"any": true}));
        }
        json!({and: {list: demanded}})
    };
    if all.is_empty() { json!([one(&Fields::new())]) } else { all.iter().map(one).collect() }
}

fn fields(place: &Place, value: &Value, known: &[(&str, &str, Field)]) -> Result<Fields, String> {
    let names: Vec<&str> = known.iter().flat_map(|(is, is_not, _)| [*is, *is_not]).collect();
    place.only(value, &names)?;
    let mut fields = Fields::new();
    for (is, is_not, field) in known {
        let texts = |key: &str| place.at(key).each(&value[key], |place, one| place.text(*field, one));
        fields.push((*field, texts(is)?, texts(is_not)?));
    }
    fields.retain(|(_, values, not_values)| !values.is_empty() || !not_values.is_empty());
    Ok(fields)
}

/// The current position in a policy.
#[derive(Clone, Debug)]
pub(super) struct Place(String);

impl Place {
    pub(super) fn of(name: &str) -> Self {
        Self(name.to_owned())
    }

    pub(super) fn at(&self, key: &str) -> Self {
        Self(format!("{}.{key}", self.0))
    }

    /// Checks that a value is absent or an object with no other members than these.
    pub(super) fn only(&self, value: &Value, known: &[&str]) -> Result<(), String> {
        if value.is_null() {
            return Ok(());
        }
        let members = value.as_object().ok_or_else(|| self.problem("is not an object"))?;
        let unknown = members.keys().find(|key| !known.contains(&key.as_str()));
        unknown.map_or(Ok(()), |key| Err(self.at(key).problem("is not understood here")))
    }

    /// The elements of a list; none if it is absent.
    pub(super) fn each<T>(
        &self,
        value: &Value,
        read: impl Fn(&Self, &Value) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        if value.is_null() {
            return Ok(Vec::new());
        }
        let elements = value.as_array().ok_or_else(|| self.problem("is not a list"))?;
        let place = |index: usize| Self(format!("{}[{index}]", self.0));
        elements.iter().enumerate().map(|(index, element)| read(&place(index), element)).collect()
    }

    fn text(&self, field: Field, value: &Value) -> Result<String, String> {
        let text = value.as_str().ok_or_else(|| self.problem("is not a string"))?;
        match field.problem(text) {
            None => Ok(text.to_owned()),
            Some(problem) => Err(self.problem(&format!("`{text}` {problem}"))),
        }
    }

    fn problem(&self, problem: &str) -> String {
        format!("{}: {problem}", self.0)
    }
}
