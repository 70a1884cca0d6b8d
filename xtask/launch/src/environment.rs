//! Variables: what cargo needs to draw its progress into a pipe, and what xtask gets of what cargo gave this program.
//!
//! What the user has set stays as it is.

use std::{
    ffi::{OsStr, OsString},
    io::{self, IsTerminal as _},
    path::Path,
    process::{Command, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

/// Process id and milliseconds since 1970 at which this program started, for the clock of xtask. The id tells xtask apart from what it
/// starts, which inherits the variable.
pub(crate) const BEGAN: &str = "XTASK_BEGAN";

/// The value of [`BEGAN`].
pub(crate) fn began(process: u32, at: SystemTime) -> String {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{process}:{}", since.as_millis())
}

/// Whether cargo set this variable because it runs this package.
pub(crate) fn is_of_this_package(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}

/// What `cargo run --package xtask` would have set: the folder of xtask, which is the parent of this package's. `None` removes.
pub(crate) fn of_xtask(own: impl Iterator<Item = (OsString, OsString)>) -> Vec<(OsString, Option<OsString>)> {
    let xtask = |folder: &OsStr| Path::new(folder).parent().map(|parent| parent.as_os_str().to_owned());
    own.filter(|(name, _)| is_of_this_package(name))
        .map(|(name, value)| {
            let value = if name == "CARGO_MANIFEST_DIR" { xtask(&value) } else { None };
            (name, value)
        })
        .collect()
}

/// What makes cargo draw into a pipe what it would have drawn on the terminal behind it. Nothing when there is no terminal, and where
/// cargo would not draw: a dumb terminal, continuous integration.
pub(crate) fn shown(set: impl Fn(&str) -> Option<OsString>) -> Vec<(&'static str, OsString)> {
    if !io::stderr().is_terminal() {
        return Vec::new();
    }
    on_terminal(set, width)
}

fn on_terminal(
    set: impl Fn(&str) -> Option<OsString>,
    width: impl Fn() -> Option<u16>,
) -> Vec<(&'static str, OsString)> {
    let is_dumb = set("TERM").is_some_and(|term| term == "dumb");
    let mut variables = Vec::new();
    if set("CARGO_TERM_COLOR").is_none() && set("NO_COLOR").is_none() && !is_dumb {
        variables.push(("CARGO_TERM_COLOR", "always".into()));
    }
    if set("CARGO_TERM_PROGRESS_WHEN").is_none() && set("CI").is_none() && !is_dumb {
        variables.push(("CARGO_TERM_PROGRESS_WHEN", "always".into()));
        if set("CARGO_TERM_PROGRESS_WIDTH").is_none() {
            let width = width().filter(|columns| *columns > 0).unwrap_or(USUAL_WIDTH);
            variables.push(("CARGO_TERM_PROGRESS_WIDTH", width.to_string().into()));
        }
    }
    variables
}

const USUAL_WIDTH: u16 = 80;

/// Columns of the terminal behind standard error. The standard library cannot ask for them; `stty` can.
fn width() -> Option<u16> {
    let terminal = terminal()?;
    let output = Command::new("stty").arg("size").stdin(terminal).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(unix)]
fn terminal() -> Option<Stdio> {
    use std::os::fd::AsFd as _;
    io::stderr().as_fd().try_clone_to_owned().ok().map(Stdio::from)
}

#[cfg(not(unix))]
fn terminal() -> Option<Stdio> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(set: &[(&str, &str)], width: Option<u16>) -> Vec<String> {
        let value = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
        let chosen = on_terminal(value, || width);
        chosen.iter().map(|(name, value)| format!("{name}={}", value.display())).collect()
    }

    #[test]
    fn a_terminal_gets_colour_and_a_bar_of_its_width() {
        let (color, when) = ("CARGO_TERM_COLOR=always", "CARGO_TERM_PROGRESS_WHEN=always");
        assert_eq!(chosen(&[], Some(132)), [color, when, "CARGO_TERM_PROGRESS_WIDTH=132"]);
        assert_eq!(chosen(&[], Some(0)), [color, when, "CARGO_TERM_PROGRESS_WIDTH=80"]);
        assert_eq!(chosen(&[], None), [color, when, "CARGO_TERM_PROGRESS_WIDTH=80"]);
    }

    #[test]
    fn what_the_user_says_stays() {
        let none: [&str; 0] = [];
        let bar = ["CARGO_TERM_PROGRESS_WHEN=always", "CARGO_TERM_PROGRESS_WIDTH=100"];
        assert_eq!(chosen(&[("NO_COLOR", "1")], Some(100)), bar);
        assert_eq!(chosen(&[("CARGO_TERM_COLOR", "never")], Some(100)), bar);
        assert_eq!(chosen(&[("CI", "true")], Some(100)), ["CARGO_TERM_COLOR=always"]);
        assert_eq!(chosen(&[("CARGO_TERM_PROGRESS_WHEN", "never")], Some(100)), ["CARGO_TERM_COLOR=always"]);
        assert_eq!(chosen(&[("NO_COLOR", "1"), ("CARGO_TERM_PROGRESS_WIDTH", "60")], Some(100)), bar[..1]);
        assert_eq!(chosen(&[("TERM", "dumb")], Some(100)), none);
    }

    #[test]
    fn xtask_sees_its_own_folder_and_nothing_of_this_package() {
        let own = [
            ("CARGO", "/bin/cargo"),
            ("CARGO_MANIFEST_DIR", "/w/xtask/launch"),
            ("CARGO_MANIFEST_PATH", "/w/xtask/launch/Cargo.toml"),
            ("CARGO_PKG_NAME", "xtask-launch"),
            ("CARGO_TARGET_DIR", "/t"),
        ];
        let own = own.map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let changes = of_xtask(own.into_iter());
        assert_eq!(
            changes,
            [
                ("CARGO_MANIFEST_DIR".into(), Some("/w/xtask".into())),
                ("CARGO_MANIFEST_PATH".into(), None),
                ("CARGO_PKG_NAME".into(), None),
            ]
        );
    }

    #[test]
    fn the_start_is_a_process_and_an_instant() {
        assert_eq!(began(7, UNIX_EPOCH + std::time::Duration::from_millis(1_700_000_000_123)), "7:1700000000123");
    }
}
