//! Compares licence expressions of packages (SPDX) with a list.

/// Whether the allowed licences suffice to use the package.
///
/// Supports `AND`, `OR`, `WITH`, parentheses and cargo's old `/`. Anything else is not allowed.
pub(super) fn allows(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words: Vec<&str> = spaced.split_whitespace().rev().collect();
    let verdict = either(&mut words, allowed);
    verdict && words.is_empty()
}

fn either(words: &mut Vec<&str>, allowed: &[String]) -> bool {
    let mut verdict = both(words, allowed);
    while words.last() == Some(&"OR") {
        words.pop();
        // Both sides are always parsed.
        verdict |= both(words, allowed);
    }
    verdict
}

fn both(words: &mut Vec<&str>, allowed: &[String]) -> bool {
    let mut verdict = one(words, allowed);
    while words.last() == Some(&"AND") {
        words.pop();
        verdict &= one(words, allowed);
    }
    verdict
}

fn one(words: &mut Vec<&str>, allowed: &[String]) -> bool {
    match words.pop() {
        Some("(") => {
            let verdict = either(words, allowed);
            words.pop() == Some(")") && verdict
        }
        Some(name) => {
            let mut name = name.to_owned();
            if words.last() == Some(&"WITH") {
                words.pop();
                name = format!("{name} WITH {}", words.pop().unwrap_or_default());
            }
            allowed.contains(&name)
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_mean_what_they_say() {
        let allowed = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
        for (expression, expected) in [
            ("MIT", true),
            ("GPL-2.0", false),
            ("MIT OR GPL-2.0", true),
            ("GPL-2.0/MIT", true),
            ("MIT AND GPL-2.0", false),
            ("(GPL-2.0 OR MIT) AND Apache-2.0", true),
            ("GPL-2.0 OR MIT AND GPL-3.0", false),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("MIT WITH LLVM-exception", false),
            ("", false),
            ("MIT MIT", false),
            ("(MIT", false),
        ] {
            assert_eq!(allows(expression, &allowed), expected, "{expression}");
        }
    }
}
