//! The word an author probably meant.

/// The known word closest to `word`, when it is close enough to be a slip of the hand.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count().max(3) / 3).min(4))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let known = ["attempts", "columns", "legend", "rows", "to"];
        let rows = [
            ("attemps", Some("attempts")),
            ("Attempts", Some("attempts")),
            ("colums", Some("columns")),
            ("row", Some("rows")),
            ("retries", None),
            ("x", None),
        ];
        for (word, meant) in rows {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
    }
}
