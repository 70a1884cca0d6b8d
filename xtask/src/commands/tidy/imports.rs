//! The imports of a Rust file: its `use` declarations, and the paths in its code.
//!
//! Works on tokens, without types: imports through method calls or macros of other files are not found. Paths are
//! resolved to files in `modules`.

use super::source::Source;

/// A path as it is written, such as `super::model::Scenario`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Import {
    /// A glob ends with `*`.
    pub(super) path: Vec<String>,
    /// The local name; `None` for a path in the code.
    pub(super) name: Option<String>,
    /// The inline modules around it.
    pub(super) within: Vec<String>,
    /// From 1.
    pub(super) line: usize,
}

/// Every import of the non-test code, in order.
pub(super) fn imports(source: &Source) -> Vec<Import> {
    let mut reader = Reader { tokens: tokens(source), next: 0, within: Vec::new(), depth: 0, imports: Vec::new() };
    reader.file();
    reader.imports
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Close,
    Comma,
    End,
    Open,
    /// Anything that is not part of a path.
    Other,
    Separator,
    Star,
    Word(&'a str),
}

fn tokens(source: &Source) -> Vec<(usize, Token<'_>)> {
    let mut tokens = Vec::new();
    for (number, line) in source.product() {
        let mut rest = line.code.as_str();
        while let Some(letter) = rest.chars().next() {
            let is_inside = |c: char| c.is_alphanumeric() || c == '_';
            let word = rest.find(|c| !is_inside(c)).unwrap_or(rest.len());
            let (token, length) = match letter {
                _ if word > 0 => (Some(Token::Word(&rest[..word])), word),
                ':' if rest.starts_with("::") => (Some(Token::Separator), 2),
                '{' => (Some(Token::Open), 1),
                '}' => (Some(Token::Close), 1),
                ',' => (Some(Token::Comma), 1),
                ';' => (Some(Token::End), 1),
                '*' => (Some(Token::Star), 1),
                other => ((!other.is_whitespace()).then_some(Token::Other), other.len_utf8()),
            };
            tokens.extend(token.map(|token| (number, token)));
            rest = &rest[length..];
        }
    }
    tokens
}

struct Reader<'a> {
    tokens: Vec<(usize, Token<'a>)>,
    next: usize,
    /// Inline modules, each with the depth of braces around it.
    within: Vec<(usize, &'a str)>,
    depth: usize,
    imports: Vec<Import>,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.next).map(|(_, token)| *token)
    }

    fn take(&mut self) -> Option<Token<'a>> {
        let token = self.peek();
        self.next += 1;
        token
    }

    fn word(&mut self) -> Option<&'a str> {
        let Some(Token::Word(word)) = self.peek() else { return None };
        self.next += 1;
        Some(word)
    }

    fn file(&mut self) {
        while let Some(token) = self.take() {
            match token {
                Token::Open => self.depth += 1,
                Token::Close => {
                    self.depth = self.depth.saturating_sub(1);
                    self.within.retain(|(depth, _)| *depth < self.depth);
                }
                Token::Word("mod") => {
                    if let (Some(name), Some(Token::Open)) = (self.word(), self.peek()) {
                        self.within.push((self.depth, name));
                    }
                }
                // `use<'a>` in a type is not an import.
                Token::Word("use") if matches!(self.peek(), Some(Token::Word(_) | Token::Separator | Token::Open)) => {
                    self.tree(&[]);
                }
                Token::Word(first) => self.path(first),
                Token::Comma | Token::End | Token::Other | Token::Separator | Token::Star => {}
            }
        }
    }

    /// A branch of a `use` declaration, up to its end.
    fn tree(&mut self, before: &[String]) {
        let mut path = before.to_vec();
        let mut name = None;
        while let Some(token) = self.peek() {
            match token {
                Token::Word("as") => {
                    self.next += 1;
                    name = self.word();
                }
                Token::Word(word) => {
                    self.next += 1;
                    path.push(word.to_owned());
                }
                Token::Star => {
                    self.next += 1;
                    path.push("*".to_owned());
                }
                Token::Open => {
                    self.next += 1;
                    while self.peek().is_some_and(|token| !matches!(token, Token::Close | Token::End)) {
                        self.tree(&path);
                        if self.peek() == Some(Token::Comma) {
                            self.next += 1;
                        }
                    }
                    self.next += 1;
                    return;
                }
                Token::Close | Token::Comma | Token::End => break,
                Token::Other | Token::Separator => self.next += 1,
            }
        }
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let name = name.map(str::to_owned).or_else(|| path.last().cloned());
        self.push(path, name);
    }

    /// A path in the code; a single word is none.
    fn path(&mut self, first: &str) {
        let mut path = vec![first.to_owned()];
        while self.peek() == Some(Token::Separator) {
            self.next += 1;
            let Some(word) = self.word() else { break };
            path.push(word.to_owned());
        }
        if path.len() > 1 {
            self.push(path, None);
        }
    }

    fn push(&mut self, path: Vec<String>, name: Option<String>) {
        let line = self.tokens.get(self.next.saturating_sub(1)).map_or(0, |(line, _)| *line);
        let within = self.within.iter().map(|(_, name)| (*name).to_owned()).collect();
        self.imports.push(Import { path, name, within, line });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(text: &str) -> Vec<String> {
        let spell = |import: Import| {
            let name = import.name.map_or_else(String::new, |name| format!(" as {name}"));
            let place = [import.within.join("/"), import.path.join("::")].join(" ");
            format!("{} {}{name}", import.line, place.trim_start())
        };
        imports(&Source::read("harness/runner/src/a.rs", text)).into_iter().map(spell).collect()
    }

    #[test]
    fn uses_and_paths_are_imports() {
        for (text, expected) in [
            ("use crate::a::B;", vec!["1 crate::a::B as B"]),
            ("use super::{a, b::{self, C as D}};", vec!["1 super::a as a", "1 super::b as b", "1 super::b::C as D"]),
            ("pub(super) use a::{\n    B,\n    c::*,\n};", vec!["2 a::B as B", "3 a::c::* as *"]),
            ("fn f(a: crate::b::C) -> d::E { g() }", vec!["1 crate::b::C", "1 d::E"]),
            ("fn f() -> impl Iterator + use<'_> { a::b() }", vec!["1 a::b"]),
            ("let a = x.b::<C>(); D::e::<F>()", vec!["1 D::e"]),
            ("mod a {\n    use super::b;\n}\nuse c::d;", vec!["2 a super::b as b", "4 c::d as d"]),
            ("let a = \"use crate::a;\"; // use crate::b;", vec![]),
            ("#[cfg(test)]\nmod tests {\n    use crate::a::B;\n}", vec![]),
        ] {
            assert_eq!(spelled(text), expected, "{text}");
        }
    }
}
