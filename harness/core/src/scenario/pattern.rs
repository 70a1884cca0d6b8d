//! Patterns for ids: a part of one, or a glob with `*`.

/// Whether the pattern is a part of the id, or, with `*`, a glob for the whole of it.
pub fn fits(pattern: &str, id: &str) -> bool {
    if pattern.contains('*') { matches(pattern, id) } else { id.contains(pattern) }
}

/// Whether the whole text matches, where `*` matches any run of letters.
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(place) => rest = &rest[place + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        let rows = [
            ("strict/*", "strict/grid", true),
            ("*/grid", "strict/grid", true),
            ("*", "strict/grid", true),
            ("s*c*/g*d", "strict/grid", true),
            ("strict", "strict/grid", false),
            ("*x*", "strict/grid", false),
            ("grid*", "strict/grid", false),
            ("MESH-*", "MESH-01", true),
            ("a*a", "a", false),
        ];
        for (pattern, text, expected) in rows {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
