//! Compares licence expressions of packages (SPDX) with a list.
//!
//! What an expression means is known to the crate spdx. Which licences are allowed stands in deny.toml.

use spdx::{Expression, Licensee, ParseMode};

/// Strict, but for what cargo accepted once and old packages have: `/` for `OR`, and names that SPDX has replaced.
const MODE: ParseMode = ParseMode { allow_slash_as_or_operator: true, allow_deprecated: true, ..ParseMode::STRICT };

/// Whether the allowed licences suffice to use the package. What is no expression, or names an unknown licence, is not allowed.
pub(super) fn allows(expression: &str, allowed: &[String]) -> bool {
    let allowed: Vec<Licensee> = allowed.iter().filter_map(|name| Licensee::parse(name).ok()).collect();
    Expression::parse_mode(expression, MODE)
        .is_ok_and(|expression| expression.evaluate(|one| allowed.iter().any(|licence| licence.satisfies(one))))
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
            ("MIT OR Licence-of-Nobody", false),
            ("(MIT", false),
        ] {
            assert_eq!(allows(expression, &allowed), expected, "{expression}");
        }
    }
}
