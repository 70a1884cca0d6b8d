//! Splits a Rust file into code, literals and comments.
//!
//! Implements only the part of the grammar that this needs: it neither parses nor resolves names.

/// A Rust file, line by line.
pub(super) struct Source {
    pub(super) path: String,
    pub(super) lines: Vec<Line>,
}

/// One line; line numbers count from 1, as in messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// Without comments and without the contents of literals.
    pub(super) code: String,
    /// The contents of literals.
    pub(super) literals: String,
    pub(super) comment: String,
    pub(super) is_test: bool,
}

impl Source {
    pub(super) fn read(path: &str, text: &str) -> Self {
        let mut lines = split(text);
        let tests_from = if path.split('/').any(|part| part == "tests") { Some(0) } else { tests_start(&lines) };
        if let Some(start) = tests_from {
            lines[start..].iter_mut().for_each(|line| line.is_test = true);
        }
        Self { path: path.to_owned(), lines }
    }

    /// Lines that are not tests, with their numbers.
    pub(super) fn product(&self) -> impl Iterator<Item = (usize, &Line)> {
        self.lines.iter().enumerate().filter(|(_, line)| !line.is_test).map(|(index, line)| (index + 1, line))
    }

    pub(super) fn is_in(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }
}

impl Line {
    /// Whether the code contains this as a whole word; `word` may contain `::`.
    pub(super) fn names(&self, word: &str) -> bool {
        let inside = |c: char| c.is_alphanumeric() || c == '_';
        self.code
            .match_indices(word)
            .any(|(at, _)| !self.code[..at].ends_with(inside) && !self.code[at + word.len()..].starts_with(inside))
    }
}

/// Tests are at the end of a file: everything from `#[cfg(test)] mod … {` on.
fn tests_start(lines: &[Line]) -> Option<usize> {
    lines.windows(2).position(|pair| {
        pair[0].code.trim_end() == "#[cfg(test)]" && pair[1].code.contains("mod ") && pair[1].code.contains('{')
    })
}

#[derive(Clone, Copy)]
enum State {
    Code,
    LineComment,
    /// The nesting depth.
    BlockComment(usize),
    Text,
    /// The number of hashes.
    RawText(usize),
}

fn split(text: &str) -> Vec<Line> {
    let mut lines = vec![Line::default()];
    let mut state = State::Code;
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let mut length = next.len_utf8();
        // The list is never empty.
        let Some(line) = lines.last_mut() else { break };
        if next == '\n' {
            if matches!(state, State::LineComment) {
                state = State::Code;
            }
            lines.push(Line::default());
            rest = &rest[length..];
            continue;
        }
        match state {
            State::Code => {
                if let Some((opened, skip)) = opening(rest, &line.code) {
                    state = opened;
                    length = skip;
                } else if let Some(skip) = character(rest) {
                    line.literals.push_str(&rest[1..skip - 1]);
                    line.code.push_str("''");
                    length = skip;
                } else {
                    line.code.push(next);
                }
            }
            State::LineComment => line.comment.push(next),
            State::BlockComment(depth) => {
                if rest.starts_with("*/") {
                    state = if depth == 1 { State::Code } else { State::BlockComment(depth - 1) };
                    length = 2;
                } else if rest.starts_with("/*") {
                    state = State::BlockComment(depth + 1);
                    length = 2;
                } else {
                    line.comment.push(next);
                }
            }
            State::Text if next == '\\' => {
                // The escaped character belongs to its backslash, unless the line ends here.
                let escaped = rest[1..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
                length += escaped;
                line.literals.push_str(&rest[..length]);
            }
            State::Text if next == '"' => {
                line.code.push_str("\"\"");
                line.literals.push(' ');
                state = State::Code;
            }
            State::RawText(hashes) if rest[1..].starts_with(&"#".repeat(hashes)) && next == '"' => {
                line.code.push_str("\"\"");
                line.literals.push(' ');
                state = State::Code;
                length = 1 + hashes;
            }
            State::Text | State::RawText(_) => line.literals.push(next),
        }
        rest = &rest[length..];
    }
    lines
}

/// The start of a comment or a string, and its length.
fn opening(rest: &str, before: &str) -> Option<(State, usize)> {
    if rest.starts_with("//") {
        return Some((State::LineComment, 2));
    }
    if rest.starts_with("/*") {
        return Some((State::BlockComment(1), 2));
    }
    if rest.starts_with('"') {
        return Some((State::Text, 1));
    }
    // `r` at the end of an identifier starts no string, but after the `b` of a byte string it does.
    let in_word = before.trim_end_matches('b').ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let after = rest.strip_prefix('r').filter(|_| !in_word)?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some((State::RawText(hashes), hashes + 2))
}

/// The length of a character literal; `None` for a lifetime.
fn character(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix('\'')?;
    if inside.starts_with('\\') {
        return inside[2..].find('\'').map(|end| end + 4);
    }
    let length = inside.chars().next()?.len_utf8();
    inside[length..].starts_with('\'').then_some(length + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, String, String) {
        let line = split(text).remove(0);
        (line.code, line.literals.trim_end().to_owned(), line.comment)
    }

    #[test]
    fn code_literals_and_comments_are_kept_apart() {
        for (text, code, literals, comment) in [
            ("let a = 1; // kube", "let a = 1; ", "", " kube"),
            ("let a = \"kube // no\"; b", "let a = \"\"; b", "kube // no", ""),
            (r#"f("a \" b", c)"#, r#"f("", c)"#, r#"a \" b"#, ""),
            (r##"f(r#"a " b"#, c)"##, r#"f("", c)"#, r#"a " b"#, ""),
            (r#"f(br"a\", c)"#, r#"f(b"", c)"#, r"a\", ""),
            ("a /* b /* c */ d */ e", "a  e", "", " b  c  d "),
            ("x == '\"' && y", "x == '' && y", "\"", ""),
            (r"x == '\'' && y", "x == '' && y", r"\'", ""),
            ("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)", "", ""),
            ("let var\"a\"", "let var\"\"", "a", ""),
        ] {
            assert_eq!(parts(text), (code.to_owned(), literals.to_owned(), comment.to_owned()), "{text}");
        }
    }

    #[test]
    fn strings_and_comments_span_lines() {
        let lines = split("a(\"one\ntwo\");\n/* three\nfour */ b");
        let codes: Vec<_> = lines.iter().map(|line| line.code.as_str()).collect();
        assert_eq!(codes, ["a(", "\"\");", "", " b"]);
    }

    #[test]
    fn tests_are_from_the_module_to_the_end() {
        let source = Source::read("harness/runner/src/a.rs", "fn a() {}\n\n#[cfg(test)]\nmod tests {\n}\n");
        assert_eq!(source.product().map(|(line, _)| line).collect::<Vec<_>>(), [1, 2]);
        let source = Source::read("harness/runner/src/a.rs", "#[cfg(test)]\nmod samples;\nfn a() {}");
        assert_eq!(source.product().count(), 3);
        assert_eq!(Source::read("harness/runner/tests/a.rs", "fn a() {}").product().count(), 0);
    }

    #[test]
    fn names_are_whole_words() {
        let line = |code: &str| Line { code: code.to_owned(), ..Line::default() };
        assert!(line("use kube::Client;").names("kube"));
        assert!(!line("use kubernetes::Kube; let kube_client").names("kube"));
        assert!(!line("rustls_pki_types::X").names("rustls"));
    }
}
