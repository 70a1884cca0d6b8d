//! Writes JSON lines to standard output.

use std::io::{ErrorKind, Write};

use anyhow::Context;
use serde::Serialize;

/// Whether standard output still has a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    Gone,
    Listening,
}

/// Writes one line and flushes it.
pub(super) fn print_line(value: &impl Serialize) -> anyhow::Result<Reader> {
    let mut line = serde_json::to_vec(value).context("encoding a result line")?;
    line.push(b'\n');
    let mut output = std::io::stdout().lock();
    match output.write_all(&line).and_then(|()| output.flush()) {
        Ok(()) => Ok(Reader::Listening),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(error).context("writing to standard output"),
    }
}
