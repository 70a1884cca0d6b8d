//! `cargo xtask history CHECK`: the verdicts of a check over the runs of the store, and how often it was flaky.
//!
//! Every record is judged again with today's judge. Writes nothing, but with `--rebuild` the index.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use mtls_core::{
    evidence::record,
    store::{History, Index, IndexEntry, histories},
    verdict::{CheckVerdict, Exit, judge_record},
};

use crate::paths;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The id of a check, a part of it, or a pattern with `*`.
    #[arg(value_name = "CHECK", required_unless_present = "rebuild")]
    check: Option<String>,
    /// Only runs in worlds of this kind.
    #[arg(long, value_name = "WORLD", value_parser = ["kind", "existing", "loopback"])]
    world: Option<String>,
    /// Only the newest runs, this many.
    #[arg(long, value_name = "N", default_value_t = 100)]
    last: usize,
    /// Folder of the store.
    #[arg(long, value_name = "DIR", default_value_os_t = paths::store())]
    store: PathBuf,
    /// Make the index anew from the records below target/e2e first.
    #[arg(long)]
    rebuild: bool,
}

/// Prints the history; 2 when no check of any run fits.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let index = if arguments.rebuild {
        let index = Index::rebuild(&arguments.store, &[paths::runs().root().to_owned()])?;
        say!("{} runs in the index of {}", index.entries.len(), arguments.store.display());
        index
    } else {
        Index::read(&arguments.store)?
    };
    for damaged in &index.damaged {
        eprintln!("! {damaged}");
    }
    let Some(check) = &arguments.check else { return Ok(ExitCode::SUCCESS) };
    let is_of_world = |entry: &&IndexEntry| arguments.world.as_ref().is_none_or(|world| *world == entry.world);
    let mut runs: Vec<&IndexEntry> = index.entries.iter().filter(is_of_world).collect();
    runs.sort_by_key(|entry| (entry.at, &entry.run));
    let runs = &runs[runs.len().saturating_sub(arguments.last)..];
    let judged: Vec<(&IndexEntry, Vec<CheckVerdict>)> =
        runs.iter().filter_map(|entry| Some((*entry, checks(entry)?))).collect();
    let found = histories(judged.iter().map(|(entry, checks)| (*entry, checks.as_slice())), check);
    match found.as_slice() {
        [] => {
            eprintln!("error: no check of {} runs in {} fits `{check}`", judged.len(), arguments.store.display());
            return Ok(ExitCode::from(Exit::Usage.code()));
        }
        [one] => whole(one),
        several => several.iter().for_each(|one| say!("{}", line(one))),
    }
    Ok(ExitCode::SUCCESS)
}

/// The verdicts of a run; `None` after saying why its record cannot be read.
fn checks(entry: &IndexEntry) -> Option<Vec<CheckVerdict>> {
    match record::read(&entry.path) {
        Ok(record) => Some(judge_record(&record).checks),
        Err(error) => {
            eprintln!("! {} is left out: {error}", entry.run);
            None
        }
    }
}

fn line(history: &History) -> String {
    let counts: Vec<String> =
        history.counts().into_iter().map(|(verdict, count)| format!("{count} {}", verdict.word())).collect();
    let flaky = match history.flaky_nights() {
        (_, 0) => "no night with two runs".to_owned(),
        (flaky, nights) => format!("flaky in {flaky} of {nights} nights"),
    };
    let runs = history.seen.len();
    format!("{}  {}  {runs} runs: {}; {flaky}", history.symbols(), history.check, counts.join(", "))
}

/// Every run of one check, oldest first.
fn whole(history: &History) {
    say!("{}", line(history));
    for seen in &history.seen {
        let mark = seen.verdict.symbol();
        say!("  {mark} {:<14} {:<10} {}  {}", seen.verdict.word(), seen.world, seen.run, seen.reason);
    }
}
