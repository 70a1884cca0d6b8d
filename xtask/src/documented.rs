//! Every command line of ours in a Markdown page is one that this program takes.
//!
//! Whether it does what the page says is not known here.

use clap::{Parser as _, error::ErrorKind};

use crate::{
    Arguments,
    commands::tidy::tree::{self, has_extension},
    paths,
};

#[test]
fn every_command_of_a_page_parses() {
    let files = tree::read(paths::workspace()).unwrap();
    let pages = files.iter().filter(|file| has_extension(&file.path, "md"));
    let commands: Vec<(String, String)> =
        pages.flat_map(|page| commands(&page.text).into_iter().map(|command| (page.path.clone(), command))).collect();
    assert!(commands.len() >= 30, "only {} commands were found", commands.len());
    let wrong: Vec<String> = commands
        .iter()
        .filter_map(|(path, command)| Some(format!("{path}: `{command}`: {}", refusal(command)?)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_wrong_command_is_refused() {
    let page = "Run `cargo xtask e2e\n--everywhere`, or\n```sh\nFOO=1 cargo xtask e2e --only 'a/*' && cargo xtask sleep # now\n```\n\
                `cargo xtask`, `cargo xtask compare BEFORE AFTER > a.md`, `cargo xtask compare BEFORE -- `, `cargo xtask prove --only <scenario>`";
    let commands = commands(page);
    let expected = [
        "cargo xtask e2e --everywhere",
        "cargo xtask e2e --only 'a/*'",
        "cargo xtask sleep",
        "cargo xtask",
        "cargo xtask compare BEFORE AFTER",
        "cargo xtask compare BEFORE --",
        "cargo xtask prove --only VALUE",
    ];
    assert_eq!(commands, expected);
    let refused: Vec<&String> = commands.iter().filter(|command| refusal(command).is_some()).collect();
    assert_eq!(refused, [expected[0], expected[2], expected[5]]);
}

/// Why this program does not take it.
fn refusal(command: &str) -> Option<String> {
    let words: Vec<&str> = command.split_whitespace().skip(1).map(|word| word.trim_matches('\'')).collect();
    // `cargo xtask` and `cargo xtask compare` name a program and a command of it.
    let is_name = words.len() <= 2;
    let error = Arguments::try_parse_from(words).err()?;
    let is_refused = match error.kind() {
        ErrorKind::MissingRequiredArgument
        | ErrorKind::MissingSubcommand
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => !is_name,
        _ => error.exit_code() != 0,
    };
    is_refused.then(|| error.to_string().lines().next().unwrap_or_default().to_owned())
}

/// What stands between back quotes, and lines of listings.
fn commands(page: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut paragraph = String::new();
    let mut in_listing = false;
    for line in page.lines().chain([""]) {
        let is_fence = line.trim_start().starts_with("```");
        if is_fence || line.is_empty() {
            commands.extend(paragraph.split('`').skip(1).step_by(2).flat_map(of_code));
            paragraph.clear();
        }
        if is_fence {
            in_listing = !in_listing;
        } else if in_listing {
            commands.extend(of_code(line));
        } else {
            paragraph += line;
            paragraph.push(' ');
        }
    }
    commands
}

/// Commands of ours in shell code, each up to what the shell does with it.
fn of_code(code: &str) -> Vec<String> {
    let code = with_values(code);
    let commands = code.split("cargo xtask").skip(1).map(|rest| {
        let words = rest.split(['&', ';', '|', '>', '#']).next().unwrap_or_default();
        format!("cargo xtask {}", words.trim()).trim_end().to_owned()
    });
    commands.collect()
}

/// `<scenario>` stands for a value.
fn with_values(code: &str) -> String {
    let mut parts = code.split('<');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| match part.split_once('>') {
        Some((_, rest)) => text + "VALUE" + rest,
        None => text + "<" + part,
    })
}
