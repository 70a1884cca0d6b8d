//! What of cargo's standard error is shown: everything but the line that says that a build is finished.
//!
//! Cargo writes that line also when there was nothing to build. Knows lines and the bar that is drawn over itself; interprets nothing else.

/// Takes bytes as they come, and gives back what is to be shown of them.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    /// What has come since the last end of a line.
    rest: Vec<u8>,
    bar: Bar,
}

/// Whether the cursor's line shows a bar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Bar {
    #[default]
    Absent,
    Drawn,
}

impl Filter {
    /// The next bytes. A line is shown once it is whole, a bar whenever cargo has drawn it anew.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut shown = Vec::new();
        for byte in bytes {
            self.rest.push(*byte);
            match byte {
                b'\r' => {
                    self.bar = Bar::Drawn;
                    shown.append(&mut self.rest);
                }
                b'\n' => {
                    let line = std::mem::take(&mut self.rest);
                    self.line(&line, &mut shown);
                }
                _ => {}
            }
        }
        shown
    }

    /// No more bytes will come.
    pub(crate) fn end(&mut self) -> Vec<u8> {
        let mut shown = Vec::new();
        let rest = std::mem::take(&mut self.rest);
        self.line(&rest, &mut shown);
        shown
    }

    fn line(&mut self, line: &[u8], shown: &mut Vec<u8>) {
        if std::mem::take(&mut self.bar) == Bar::Drawn {
            shown.extend_from_slice(ERASE);
        }
        if !says_finished(line) {
            shown.extend_from_slice(line);
        }
    }
}

/// Erases from the cursor, which a bar leaves in the first column, to the end of the line.
const ERASE: &[u8] = b"\x1b[K";

/// ``    Finished `dev` profile [unoptimized + debuginfo] target(s) in 0.11s``, coloured or not.
fn says_finished(line: &[u8]) -> bool {
    let text = without_styles(&String::from_utf8_lossy(line));
    text.trim_start().starts_with("Finished `") && text.contains("` profile [") && text.contains(" target(s) in ")
}

/// Without the sequences that colour text and erase lines.
fn without_styles(line: &str) -> String {
    let mut parts = line.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let end = part.find(|c: char| c.is_ascii_alphabetic()).map_or(part.len(), |at| at + 1);
        text + &part[end..]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINISHED: &str =
        "\x1b[1m\x1b[92m    Finished\x1b[0m `dev` profile [unoptimized + debuginfo] target(s) in 0.23s\n";

    /// The same bytes in pieces of every length: where a read ends changes nothing.
    fn shown(text: &str) -> String {
        let whole = |size: usize| {
            let mut filter = Filter::default();
            let mut shown: Vec<u8> = text.as_bytes().chunks(size).flat_map(|piece| filter.take(piece)).collect();
            shown.extend(filter.end());
            String::from_utf8(shown).unwrap()
        };
        let first = whole(1);
        for size in 2..=text.len().max(2) {
            assert_eq!(whole(size), first, "in pieces of {size} bytes");
        }
        first
    }

    #[test]
    fn nothing_is_shown_of_a_build_that_has_nothing_to_do() {
        assert_eq!(shown(FINISHED), "");
        assert_eq!(shown("    Finished `dev` profile [unoptimized + debuginfo] target(s) in 0.11s\n"), "");
    }

    #[test]
    fn a_build_is_shown_as_cargo_writes_it() {
        let compiling = "\x1b[1m\x1b[92m   Compiling\x1b[0m xtask v0.1.0\n";
        let bar = "\x1b[1m\x1b[96m    Building\x1b[0m [=====>   ] 12/328: kube\r";
        assert_eq!(
            shown(&format!("{compiling}{bar}\x1b[K{FINISHED}")),
            format!("{compiling}{bar}\x1b[K"),
            "the bar goes with the line that is left out"
        );
        assert_eq!(shown(&format!("{bar}{compiling}")), format!("{bar}\x1b[K{compiling}"));
    }

    #[test]
    fn errors_and_waiting_are_shown_whole() {
        for text in [
            "    Blocking waiting for file lock on build directory\n",
            "error[E0425]: cannot find value `Finished` in this scope\n --> xtask/src/main.rs:3:5\n\nerror: could not compile\n",
            "warning: Finished `dev` in no time\n",
            "note: a last line without an end",
            "\n",
        ] {
            assert_eq!(shown(text), text);
        }
    }
}
