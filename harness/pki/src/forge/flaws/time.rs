//! Validity (RFC 5280 section 4.1.2.5).

use time::Duration;

use super::Flaw;

pub(super) const FLAWS: &[Flaw] = &[
    Flaw::new("expired", |recipe| {
        recipe.leaf.not_before = recipe.now - Duration::hours(1);
        recipe.leaf.not_after = recipe.now - Duration::seconds(30);
    }),
    // Later than the end of any run, so that it holds for the last repetition too.
    Flaw::new("not-yet-valid", |recipe| recipe.leaf.not_before = recipe.now + Duration::hours(6)),
    Flaw::new("validity-inverted", |recipe| {
        recipe.leaf.not_before = recipe.now + Duration::hours(6);
        recipe.leaf.not_after = recipe.now - Duration::hours(1);
    }),
    Flaw::new("intermediate-expired", |recipe| {
        let (begin, end) = (recipe.now - Duration::hours(1), recipe.now - Duration::seconds(30));
        recipe.under(|ca| (ca.not_before, ca.not_after) = (begin, end));
    }),
    Flaw::new("intermediate-not-yet-valid", |recipe| {
        let begin = recipe.now + Duration::hours(6);
        recipe.under(|ca| ca.not_before = begin);
    }),
];
