//! `cargo xtask compare BEFORE AFTER`: the differences between two recorded runs, check by check.
//!
//! Both are judged again from their records, without cluster, scenarios or network. Writes nothing. Of nightly runs,
//! the stages that both have are compared one by one.

use std::{path::Path, process::ExitCode};

use anyhow::{Context as _, Result, bail};
use mtls_core::{
    evidence::record,
    report::{Detail, JudgedRun, RunComparison, comparison_markdown, comparison_table},
};

use super::{
    located::{FIRST_OF_NIGHT, Located, find_all},
    report::{Shown, style},
};

#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// The earlier run: a run directory, the id of a run under target/e2e, `latest`, an archive, a certificate bundle, or
    /// the folder of a nightly run.
    #[arg(value_name = "BEFORE")]
    before: String,
    /// The later run.
    #[arg(value_name = "AFTER")]
    after: String,
    /// Which facts of checks with the same verdict are compared: those at paths of expectations that do not differ in
    /// every run, or all.
    #[arg(long, value_enum, default_value_t = Facts::Demanded)]
    facts: Facts,
    /// Write a Markdown page instead of a table.
    #[arg(long)]
    markdown: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Facts {
    /// Facts at the paths of expectations, in the sample that decided. Identities (instants, serial numbers,
    /// fingerprints, addresses, generated names) and measurements within their bounds are counted and left out.
    Demanded,
    /// Every fact of every sample, and every reason.
    All,
}

const AFTER_HELP: &str = "\
Red verdicts need action: fail, broken, unknown, vacuous. A finding is recorded and not red.

Exit codes:
    0  nothing became red
    1  something is red in AFTER and was not in BEFORE: a check (also one that only AFTER has), a scenario, the run
       itself, or a sabotage
    2  usage
    3  a record is missing, damaged or incomplete";

/// Prints the comparison, or one for each stage of two nightly runs; the worst decides.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let pairs = pairs(find_all(&arguments.before)?, find_all(&arguments.after)?);
    if pairs.is_empty() {
        bail!("{} and {} have no stage in common", arguments.before, arguments.after);
    }
    let mut worst = 0;
    let is_one = pairs.len() == 1;
    for (stage, before, after) in pairs {
        if !is_one {
            say!("{} {stage}\n", if arguments.markdown { "#" } else { "===" });
        }
        worst = worst.max(match one(arguments, &before, &after) {
            Ok(code) => code,
            Err(error) if is_one => return Err(error),
            Err(error) => {
                eprintln!("error: {stage}: {error:#}");
                3
            }
        });
    }
    Ok(ExitCode::from(worst))
}

/// The records that belong together: by their stage, or the two that were named.
fn pairs(mut before: Vec<(String, Located)>, mut after: Vec<(String, Located)>) -> Vec<(String, Located, Located)> {
    let is_single = |records: &[(String, Located)]| matches!(records, [(name, _)] if name.is_empty());
    // A single run beside a nightly one is compared with the run that is most like it.
    let (is_single_before, is_single_after) = (is_single(&before), is_single(&after));
    for (single, night) in [(is_single_before, &mut after), (is_single_after, &mut before)] {
        if single && let Some(at) = night.iter().position(|(name, _)| name == FIRST_OF_NIGHT || name == "e2e") {
            let (_, record) = night.swap_remove(at);
            *night = vec![(String::new(), record)];
        }
    }
    let mut pairs = Vec::new();
    for (stage, earlier) in before {
        if let Some(at) = after.iter().position(|(name, _)| *name == stage) {
            pairs.push((stage, earlier, after.swap_remove(at).1));
        }
    }
    pairs
}

fn one(arguments: &Arguments, before: &Path, after: &Path) -> Result<u8> {
    let report = after.join("report.html").display().to_string();
    let detail = match arguments.facts {
        Facts::Demanded => Detail::Demanded,
        Facts::All => Detail::All,
    };
    let (before, after) = match (judged(before), judged(after)) {
        (Err(one), Err(other)) => bail!("{one:#}\n{other:#}"),
        (before, after) => (before?, after?),
    };
    let comparison = RunComparison::of(&before, &after, detail);
    if arguments.markdown {
        let mut page = Vec::new();
        comparison_markdown(&comparison, &mut page)?;
        say!("{}", String::from_utf8_lossy(&page).trim_end());
    } else {
        say!("{}", comparison_table(&comparison, style(&report, Shown::ATTENTION)).trim_end());
    }
    let (code, meaning) =
        if comparison.is_newly_red() { (1, "something is newly red") } else { (0, "nothing became red") };
    if !arguments.markdown {
        say!("exit code {code} ({meaning})");
    }
    Ok(code)
}

fn judged(directory: &Path) -> Result<JudgedRun> {
    let what = || format!("the run in {} cannot be compared", directory.display());
    JudgedRun::of(&record::read(directory).with_context(what)?).with_context(what)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Records by name, each in a folder of its own; an empty name is a single run.
    fn records(root: &Path, names: &[&str]) -> Vec<(String, Located)> {
        let folder = root.join(names.len().to_string());
        for name in names {
            let record = folder.join(name.replace("e2e/", "e2e-1/").replace("prove", "prove-1"));
            fs::create_dir_all(&record).unwrap();
            fs::write(record.join("events.jsonl"), "").unwrap();
        }
        if names != [""] {
            fs::write(folder.join("stages.json"), "[]").unwrap();
        }
        find_all(&folder.display().to_string()).unwrap()
    }

    #[test]
    fn stages_of_two_nights_are_paired_by_name_and_a_single_run_with_the_first() {
        let root = tempfile::tempdir().unwrap();
        let names = |before: &[&str], after: &[&str]| {
            let pairs = pairs(records(&root.path().join("b"), before), records(&root.path().join("a"), after));
            pairs.into_iter().map(|(name, ..)| name).collect::<Vec<_>>()
        };
        assert_eq!(names(&[""], &[""]), [""]);
        assert_eq!(names(&["e2e/1", "e2e/2", "prove"], &["e2e/1", "prove"]), ["e2e/1", "prove"]);
        let root = tempfile::tempdir().unwrap();
        let single =
            pairs(records(&root.path().join("b"), &[""]), records(&root.path().join("a"), &["e2e/1", "prove"]));
        let [(_, _, after)] = single.as_slice() else { panic!("{} pairs", single.len()) };
        assert!(after.ends_with("e2e-1/1"));
    }
}
