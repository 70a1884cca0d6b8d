//! Texts of a record as Markdown, with all markup escaped.

use std::io::Write;

pub(super) fn capped<T>(out: &mut dyn Write, items: &[T], spell: impl Fn(&T) -> String) -> std::io::Result<()> {
    for item in items.iter().take(MAX_ITEMS) {
        writeln!(out, "{}", spell(item))?;
    }
    if items.len() > MAX_ITEMS {
        writeln!(out, "- and {} more", items.len() - MAX_ITEMS)?;
    }
    Ok(())
}

/// One line with all markup escaped.
pub(in crate::report) fn line(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '*' | '_' | '`' | '[' | ']' | '\\' => escaped.extend(['\\', character]),
            '\n' | '\r' | '\t' => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A code span, in which only a backtick is markup.
pub(in crate::report) fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'"))
}

/// [`line`] inside a table.
pub(in crate::report) fn cell(text: &str) -> String {
    line(text).replace('|', "\\|")
}

/// Maximum number of items in a list.
pub(super) const MAX_ITEMS: usize = 25;
