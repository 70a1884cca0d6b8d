//! Replacements in a text, each at a place that the parser reported.

/// One replacement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edit {
    /// In bytes.
    pub(super) offset: usize,
    pub(super) length: usize,
    pub(super) by: String,
}

/// The text with every replacement made. Replacements do not overlap.
pub(super) fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort();
    let mut rewritten = String::with_capacity(text.len());
    let mut done = 0;
    for Edit { offset, length, by } in edits {
        rewritten.push_str(&text[done..offset]);
        rewritten.push_str(&by);
        done = offset + length;
    }
    rewritten + &text[done..]
}
