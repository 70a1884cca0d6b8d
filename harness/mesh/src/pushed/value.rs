//! Members of a dump, in either spelling of protobuf's JSON.

use serde_json::Value;

/// A member by its snake-case name; dumps of istiod spell it in camel case. `null` when it is missing.
pub(super) fn get<'a>(value: &'a Value, name: &str) -> &'a Value {
    match value.get(name) {
        Some(found) => found,
        None => &value[camel(name).as_str()],
    }
}

/// The elements of a list; none of anything else.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The only member of an object, by its snake-case name.
pub(super) fn only(value: &Value) -> Option<(String, &Value)> {
    let mut members = value.as_object()?.iter().filter(|(_, value)| !value.is_null());
    let (name, value) = members.next()?;
    members.next().is_none().then(|| (snake(name), value))
}

fn camel(name: &str) -> String {
    let mut upper = false;
    name.chars().fold(String::new(), |mut camel, letter| {
        if letter == '_' {
            upper = true;
        } else {
            camel.push(if upper { letter.to_ascii_uppercase() } else { letter });
            upper = false;
        }
        camel
    })
}

fn snake(name: &str) -> String {
    name.chars().fold(String::new(), |mut snake, letter| {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
        snake
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_spellings_are_read() {
        for value in [json!({"and_rules": 1}), json!({"andRules": 1})] {
            assert_eq!(get(&value, "and_rules"), 1);
            assert_eq!(only(&value), Some(("and_rules".to_owned(), &json!(1))));
        }
        assert_eq!(only(&json!({"a": 1, "b": 2})), None);
    }
}
