//! Reads from the host's apt which Debian mirror to use and which keys sign it.
//!
//! Input: the output of `apt-get indextargets`, and the sources files that it names. Output: one-line source entries
//! for another suite on the same mirror.
//!
//! No mirror is built in: a host without Debian sources must name one.

use std::fs;
use std::process::Command;

use super::error::BuildError;

/// Environment variable that names a mirror for hosts whose apt does not use Debian's: `http://HOST/debian`.
const MIRROR_VARIABLE: &str = "MTLS_E2E_DEBIAN_MIRROR";
/// The format of one target per line.
const FORMAT: &str = "$(ORIGIN)|$(LABEL)|$(CODENAME)|$(SITE)|$(SOURCESENTRY)";
/// The host's apt settings without which its mirror may be unusable.
const SETTINGS: [&str; 4] =
    ["Acquire::Check-Valid-Until", "Acquire::Check-Date", "Acquire::http::Proxy", "Acquire::https::Proxy"];

/// Where the packages of a suite come from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sources {
    /// One-line entries as in sources.list.
    pub(super) entries: Vec<String>,
    /// `Name "value";` settings copied from the host.
    pub(super) settings: Vec<String>,
}

/// One of the host's index targets.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    label: String,
    codename: String,
    site: String,
    /// The sources file, with the number of the line or stanza.
    file: String,
}

/// The host's sources with the suite replaced.
pub(super) fn sources(suite: &str) -> Result<Sources, BuildError> {
    let settings = settings();
    if let Ok(mirror) = std::env::var(MIRROR_VARIABLE) {
        return Ok(Sources { entries: vec![format!("deb {mirror} {suite} main")], settings });
    }
    let printed = output("apt-get", &["indextargets", "--format", FORMAT, "Created-By: Packages"]).unwrap_or_default();
    let entries: Vec<String> = swap(&targets(&printed), suite, |file| fs::read_to_string(file).unwrap_or_default());
    if entries.is_empty() {
        return Err(BuildError::Missing(vec![format!(
            "a Debian mirror: this host's apt sources name none; set {MIRROR_VARIABLE} to one, such as http://HOST/debian"
        )]));
    }
    Ok(Sources { entries, settings })
}

fn settings() -> Vec<String> {
    let dump = output("apt-config", &["dump"]).unwrap_or_default();
    pick_settings(&dump)
}

fn pick_settings(dump: &str) -> Vec<String> {
    dump.lines()
        .filter(|line| SETTINGS.iter().any(|name| line.split_once(' ').is_some_and(|(key, _)| key == *name)))
        .map(str::to_owned)
        .collect()
}

fn output(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn targets(printed: &str) -> Vec<Target> {
    printed
        .lines()
        .filter_map(|line| {
            let mut fields = line.split('|');
            let mut next = || fields.next().map(str::to_owned);
            let (origin, label, codename, site) = (next()?, next()?, next()?, next()?);
            let entry = next()?;
            let file = entry.rsplit_once(':').map_or(entry.clone(), |(file, _)| file.to_owned());
            (origin == "Debian").then_some(Target { label, codename, site, file })
        })
        .collect()
}

/// Rewrites each target for another suite, for example `bookworm-updates` to `trixie-updates`.
fn swap(targets: &[Target], suite: &str, read: impl Fn(&str) -> String) -> Vec<String> {
    let mut entries = Vec::new();
    for target in targets {
        let known = matches!(target.label.as_str(), "Debian" | "Debian-Security");
        let suffix = target.codename.split_once('-').map(|(_, suffix)| suffix);
        let wanted = match suffix {
            None | Some("updates" | "security") => known,
            Some(_) => false,
        };
        if !wanted {
            continue;
        }
        let options = options(&read(&target.file), &target.site);
        let suffix = suffix.map(|suffix| format!("-{suffix}")).unwrap_or_default();
        let entry = format!("deb {options}{} {suite}{suffix} main", target.site);
        if !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    // The suite itself comes first: mmdebstrap takes the essential packages from the first entry.
    entries.sort_by_key(|entry| entry.contains(&format!(" {suite}-")));
    entries
}

/// The `[…]` options for a site, with a trailing space. One-line entries are copied; from a stanza only `Signed-By`
/// is taken.
fn options(file: &str, site: &str) -> String {
    for line in file.lines() {
        if let Some(rest) = line.trim().strip_prefix("deb [")
            && line.contains(site)
            && let Some((options, _)) = rest.split_once(']')
        {
            return format!("[{}] ", options.trim());
        }
    }
    for stanza in file.split("\n\n") {
        let field = |name: &str| stanza.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let here =
            field("URIs:").is_some_and(|uris| uris.split_whitespace().any(|uri| uri.trim_end_matches('/') == site));
        // A key block inside the stanza has no one-line form; the host's keyring is used instead.
        if here && let Some(keyring) = field("Signed-By:").filter(|keyring| keyring.starts_with('/')) {
            return format!("[signed-by={keyring}] ");
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "\
Debian|Debian|bookworm|http://mirror.test/debian|/etc/apt/sources.list.d/debian.sources:1
Debian|Debian|bookworm-updates|http://mirror.test/debian|/etc/apt/sources.list.d/debian.sources:1
Debian|Debian-Security|bookworm-security|http://mirror.test/debian-security|/etc/apt/sources.list.d/debian.sources:2
Debian|Debian Backports|bookworm-backports|http://mirror.test/debian|/etc/apt/sources.list:3
Node Source|Node Source|nodistro|https://node.test|/etc/apt/sources.list.d/node.list:1
";
    const STANZAS: &str = "\
Types: deb
# URIs: http://old.test/debian
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.test/debian-security/
Suites: bookworm-security
Signed-By: /usr/share/keyrings/other.gpg
";

    #[test]
    fn the_suite_moves_and_mirror_and_keyring_stay() {
        let entries = swap(&targets(PRINTED), "trixie", |_| STANZAS.to_owned());
        assert_eq!(
            entries,
            [
                "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.test/debian trixie main",
                "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.test/debian trixie-updates main",
                "deb [signed-by=/usr/share/keyrings/other.gpg] http://mirror.test/debian-security trixie-security main",
            ]
        );
    }

    #[test]
    fn one_line_options_are_copied() {
        let file = "deb [arch=amd64 trusted=yes] http://mirror.test/debian bookworm main\n";
        let entries = swap(&targets(PRINTED)[..1], "trixie", |_| file.to_owned());
        assert_eq!(entries, ["deb [arch=amd64 trusted=yes] http://mirror.test/debian trixie main"]);
    }

    #[test]
    fn other_distributions_yield_nothing() {
        let printed = "Ubuntu|Ubuntu|noble|http://ubuntu.test/ubuntu|/etc/apt/sources.list:1\n";
        assert!(swap(&targets(printed), "trixie", |_| String::new()).is_empty());
    }

    #[test]
    fn only_settings_about_reaching_the_mirror_are_taken_over() {
        let dump = "APT \"\";\nAcquire::Check-Valid-Until \"false\";\nAcquire::http::Proxy::x.test \"DIRECT\";\nAcquire::http::Proxy \"http://proxy.test:3128\";\n";
        assert_eq!(
            pick_settings(dump),
            ["Acquire::Check-Valid-Until \"false\";", "Acquire::http::Proxy \"http://proxy.test:3128\";"]
        );
    }
}
