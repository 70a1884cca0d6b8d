//! Preconditions of a build on this machine, checked before any work starts. Each unmet one is one line with its fix.

use std::path::Path;
use std::process::Command;

use mtls_engine::Engine;

use super::apt;
use super::error::BuildError;
use super::golang;
use super::model::BuildRequest;
use super::plan::Plan;
use super::stack::{Component, Source};

/// Free space for a full build including the caches of the tools, in bytes.
const DISK: u64 = 25 * 1000 * 1000 * 1000;
/// Free space for one compiled component and the resulting node image, in bytes.
const DISK_EACH: u64 = 4 * 1000 * 1000 * 1000;

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The name of the check.
    pub name: &'static str,
    /// The outcome.
    pub finding: Finding,
}

/// The outcome of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The precondition is met; the version or state.
    Good(String),
    /// It is missing or too old.
    Unsupported {
        /// What is wrong.
        problem: String,
        /// How to fix it.
        fix: String,
    },
}

/// Runs every check, for a table.
///
/// # Errors
///
/// When the declaration cannot be read.
pub async fn check_all(request: &BuildRequest) -> Result<Vec<Check>, BuildError> {
    let plan = Plan::new(request)?;
    let everything: Vec<&Component> = plan.stack.components.iter().collect();
    let (engine, _) = engine().await;
    let mut checks = vec![engine];
    checks.extend(tools(&plan, &everything));
    checks.extend(disk(plan.cache.root(), &plan.missing()));
    Ok(checks)
}

/// Checks only whether an engine answers: cheap enough to be called repeatedly.
pub async fn check_engine() -> Check {
    engine().await.0
}

/// Fails with one line per unmet precondition; returns the connection to the engine.
pub(super) async fn demand(plan: &Plan) -> Result<Engine, BuildError> {
    let (engine_check, engine) = engine().await;
    let missing = plan.missing();
    let mut checks = vec![engine_check];
    checks.extend(tools(plan, &missing));
    checks.extend(disk(plan.cache.root(), &missing));
    let lacking: Vec<String> = checks.into_iter().filter_map(line).collect();
    match engine {
        Some(engine) if lacking.is_empty() => Ok(engine),
        _ => Err(BuildError::Missing(lacking)),
    }
}

fn line(check: Check) -> Option<String> {
    match check.finding {
        Finding::Good(_) => None,
        Finding::Unsupported { problem, fix } => Some(format!("  {}: {problem}; {fix}", check.name)),
    }
}

async fn engine() -> (Check, Option<Engine>) {
    let (finding, engine) = match Engine::connect().await {
        Ok(engine) => (Finding::Good("answers".to_owned()), Some(engine)),
        Err(error) => {
            let finding = Finding::Unsupported {
                problem: format!("does not answer ({})", error.root_cause()),
                fix: "start it (`cargo xtask provision` on Debian), or set DOCKER_HOST".to_owned(),
            };
            (finding, None)
        }
    };
    let check = Check { name: "container engine", finding };
    (check, engine)
}

/// Checks the tools that building these components requires.
fn tools(plan: &Plan, components: &[&Component]) -> Vec<Check> {
    let any = |wanted: fn(&Source) -> bool| components.iter().any(|one| wanted(&one.source));
    let mut checks = Vec::new();
    if any(|source| matches!(source, Source::Go(_))) {
        checks.push(go(plan, components));
    }
    if any(|source| matches!(source, Source::Debian(_) | Source::Rootfs(_))) {
        checks.push(mmdebstrap());
        checks.push(mirror(&plan.stack.debian.suite));
    }
    if any(|source| matches!(source, Source::Wheel(_))) {
        checks.push(pip());
    }
    checks
}

fn go(plan: &Plan, components: &[&Component]) -> Check {
    let wanted = components
        .iter()
        .filter_map(|component| match &component.source {
            Source::Go(go) => {
                let file = plan.sources.stack.join(&go.directory).join("go.mod");
                go_directive(&std::fs::read_to_string(file).unwrap_or_default())
            }
            _ => None,
        })
        .max()
        .unwrap_or_default();
    let finding = match golang::version() {
        None => Finding::Unsupported {
            problem: "`go` is not on PATH".to_owned(),
            fix: format!("install Go {} or newer", dotted(&wanted)),
        },
        Some(found) if numbers(found.trim_start_matches("go")) < wanted => Finding::Unsupported {
            problem: format!("{found} is too old"),
            fix: format!("install Go {} or newer", dotted(&wanted)),
        },
        Some(found) => Finding::Good(found),
    };
    Check { name: "go", finding }
}

/// The `go` line of a go.mod.
fn go_directive(text: &str) -> Option<Vec<u32>> {
    text.lines().find_map(|line| line.strip_prefix("go ")).map(numbers)
}

fn numbers(version: &str) -> Vec<u32> {
    version
        .trim()
        .split('.')
        .map_while(|part| {
            let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        })
        .collect()
}

fn dotted(version: &[u32]) -> String {
    let parts: Vec<String> = version.iter().map(u32::to_string).collect();
    parts.join(".")
}

fn mmdebstrap() -> Check {
    program(
        "mmdebstrap",
        &["mmdebstrap", "--version"],
        "install it: `cargo xtask provision`, or `apt-get install mmdebstrap`",
    )
}

fn pip() -> Check {
    program("pip", &["python3", "-m", "pip", "--version"], "install it: `apt-get install python3-pip`")
}

fn mirror(suite: &str) -> Check {
    let finding = match apt::sources(suite) {
        Ok(sources) => Finding::Good(format!("{} sources for {suite}", sources.entries.len())),
        Err(error) => Finding::Unsupported { problem: "apt names no Debian mirror".to_owned(), fix: error.to_string() },
    };
    Check { name: "debian mirror", finding }
}

fn program(name: &'static str, command: &[&str], fix: &str) -> Check {
    let output = Command::new(command[0]).args(&command[1..]).output();
    let finding = match output {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            let words: Vec<&str> = text.split_whitespace().take(2).collect();
            Finding::Good(words.join(" "))
        }
        _ => Finding::Unsupported { problem: format!("`{}` does not run", command.join(" ")), fix: fix.to_owned() },
    };
    Check { name, finding }
}

/// Checks the free space for the components to compile; `None` when there are none.
fn disk(cache: &Path, missing: &[&Component]) -> Option<Check> {
    let needed = space(missing)?;
    let place = cache.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    let output = Command::new("df").args(["--output=avail", "--block-size=1"]).arg(place).output();
    let free = output.ok().and_then(|output| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().nth(1)?.trim().parse::<u64>().ok()
    });
    let giga = |bytes: u64| bytes / 1_000_000_000;
    let finding = match free {
        Some(free) if free < needed => Finding::Unsupported {
            problem: format!("{} GB free at {}", giga(free), place.display()),
            fix: format!("free {} GB, or set XDG_CACHE_HOME elsewhere", giga(needed)),
        },
        Some(free) => Finding::Good(format!("{} GB free", giga(free))),
        None => Finding::Good("free space unknown".to_owned()),
    };
    Some(Check { name: "disk", finding })
}

fn space(missing: &[&Component]) -> Option<u64> {
    let compiled = missing.iter().filter(|component| matches!(component.source, Source::Go(_))).count();
    let count = u64::try_from(compiled).ok().filter(|count| *count > 0)?;
    Some((DISK_EACH * (count + 1)).min(DISK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert!(numbers("1.26.8") > numbers("1.26"));
        assert!(numbers("1.9.0") < numbers("1.26.0"));
        assert_eq!(numbers("1.26rc1"), [1, 26]);
        assert_eq!(go_directive("module x\n\ngo 1.26.6\n"), Some(vec![1, 26, 6]));
    }

    #[test]
    fn space_is_asked_for_what_will_be_compiled_only() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/stack/stack.yaml");
        let stack = crate::Stack::read(&file).unwrap();
        let all: Vec<&Component> = stack.components.iter().collect();
        assert_eq!(space(&all), Some(DISK));
        assert_eq!(space(&[stack.component("etcd").unwrap()]), Some(2 * DISK_EACH));
        assert_eq!(space(&[stack.component("envoy").unwrap()]), None);
    }

    #[test]
    fn a_lack_is_one_line_with_its_fix() {
        let shown = line(program("frob", &["no-such-program"], "install frob")).unwrap();
        assert_eq!(shown, "  frob: `no-such-program` does not run; install frob");
        assert_eq!(line(program("true", &["true"], "")), None);
    }
}
