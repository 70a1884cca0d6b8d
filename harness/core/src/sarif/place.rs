//! Locations: a path as a URI reference (RFC 3986), a span of bytes as lines and columns, and the text of a span.

use std::{
    fmt::Write as _,
    path::{Component, Path},
};

use super::{Origin, model::Region};
use crate::yaml::Place;

/// Relative to the source root where the file is below it, else a `file` URI. `file` is absolute or below
/// `origin.folder`.
pub(super) fn uri(file: &Path, origin: Origin<'_>) -> String {
    let whole = origin.folder.join(file);
    match whole.strip_prefix(origin.source_root) {
        Ok(relative) => encoded(relative),
        Err(_) => format!("file:///{}", encoded(&whole)),
    }
}

/// With `/` on every platform, and with what is not unreserved percent-encoded (§2.3).
fn encoded(path: &Path) -> String {
    let mut text = String::new();
    for component in path.components() {
        let part = match component {
            Component::CurDir | Component::RootDir => continue,
            Component::Normal(part) => part.to_string_lossy(),
            Component::ParentDir => "..".into(),
            Component::Prefix(prefix) => prefix.as_os_str().to_string_lossy(),
        };
        if !text.is_empty() {
            text.push('/');
        }
        for byte in part.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                text.push(byte.into());
            } else {
                // Writing into a string cannot fail.
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

/// An empty span marks the whole line that it is in.
pub(super) fn region(text: &str, place: Place) -> Region {
    let (from, to) = span(text, place);
    let (start_line, start_column) = line_and_column(text, from);
    let (end_line, end_column) = line_and_column(text, to);
    Region { start_line, start_column, end_line, end_column }
}

/// The first line of the span without the space around it.
pub(super) fn blamed(text: &str, place: Place) -> String {
    let (from, to) = span(text, place);
    text[from..to].lines().next().unwrap_or_default().trim().to_owned()
}

fn span(text: &str, place: Place) -> (usize, usize) {
    let from = text.floor_char_boundary(place.offset.min(text.len()));
    let to = text.floor_char_boundary(place.offset.saturating_add(place.length).min(text.len()));
    // The decoder's spans of blocks reach over the line break behind them.
    let to = from + text[from..to].trim_end().len();
    if from < to {
        return (from, to);
    }
    let start = text[..from].rfind('\n').map_or(0, |at| at + 1);
    let end = text[from..].find('\n').map_or(text.len(), |at| from + at);
    (start, end)
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..offset];
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_uri(file: &str, folder: &str, expected: &str) {
        let origin = Origin { source_root: Path::new("/src/repo"), folder: Path::new(folder) };
        assert_eq!(uri(Path::new(file), origin), expected);
    }

    #[test]
    fn a_file_of_the_repository_is_relative() {
        check_uri("scenarios/a/b c.yaml", "/src/repo", "scenarios/a/b%20c.yaml");
        check_uri("mtls/x.yaml", "/src/repo/deploy", "deploy/mtls/x.yaml");
        check_uri("/src/repo/é.yaml", "/src/repo", "%C3%A9.yaml");
        check_uri("mtls/x.yaml", "/elsewhere", "file:///elsewhere/mtls/x.yaml");
    }

    #[test]
    fn columns_count_characters() {
        let text = "a: é\nbé: two\n";
        let at = text.find("two").unwrap();
        let place = Place { offset: at, length: 3, line: 2 };
        assert_eq!(region(text, place), Region { start_line: 2, start_column: 5, end_line: 2, end_column: 8 });
        assert_eq!(blamed(text, place), "two");
        let all = Place { offset: 0, length: text.len(), line: 1 };
        assert_eq!(region(text, all), Region { start_line: 1, start_column: 1, end_line: 2, end_column: 8 });
        let point = Place { offset: at, length: 0, line: 2 };
        assert_eq!(region(text, point), Region { start_line: 2, start_column: 1, end_line: 2, end_column: 8 });
    }

    #[test]
    fn a_place_outside_the_text_is_its_end() {
        let place = Place { offset: 99, length: 4, line: 9 };
        assert_eq!(region("a", place), Region { start_line: 1, start_column: 1, end_line: 1, end_column: 2 });
        assert_eq!(region("", place), Region { start_line: 1, start_column: 1, end_line: 1, end_column: 1 });
    }
}
