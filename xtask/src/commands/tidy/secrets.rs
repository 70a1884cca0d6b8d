//! Rule: committed files contain no keys, no paths of one machine and no hosts of package registries.

use std::path::Path;

use super::{problem::Problem, tree::TextFile};

/// Checks every text file; `workspace` is the path of this checkout, which must not be in a file either.
pub(super) fn check(files: &[TextFile], workspace: &Path) -> Vec<Problem> {
    let here = workspace.canonicalize().unwrap_or_else(|_| workspace.to_owned());
    let here = Some(here.to_string_lossy().into_owned()).filter(|here| here.matches('/').count() > 1);
    files.iter().flat_map(|file| of_file(file, here.as_deref())).collect()
}

fn of_file(file: &TextFile, here: Option<&str>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let mut complain = |rule, message: String| {
            problems.push(Problem::error(&file.path, Some(index + 1), rule, message));
        };
        // The lock file names the registry of every package by design.
        if file.path != "Cargo.lock" {
            for host in HOSTS.iter().filter(|host| line.contains(**host)) {
                complain("registry-host", format!("`{host}`: where packages come from is the user's setting"));
            }
        }
        for path in HOMES.iter().copied().chain(here).filter(|path| is_absolute(line, path)) {
            if !EXCUSED.iter().any(|(excused, text, _)| *excused == file.path && line.contains(text)) {
                complain("machine-path", format!("`{path}…` exists on one machine only"));
            }
        }
    }
    problems.extend(keys(&file.text).map(|line| {
        Problem::error(&file.path, Some(line), "private-key", "a private key; generate one where it is needed")
    }));
    problems
}

/// Whether the match is at the start of a path, not inside one.
fn is_absolute(line: &str, path: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || "._-/}$*".contains(c);
    line.match_indices(path).any(|(at, _)| !line[..at].ends_with(inside))
}

/// Lines with the header of a private key that has a body. A header alone is a test of a filter.
fn keys(text: &str) -> impl Iterator<Item = usize> {
    let begin = concat!("PRIVATE ", "KEY-----");
    text.match_indices(begin).filter_map(move |(at, _)| {
        let body = text[at + begin.len()..].trim_start_matches(|c: char| c.is_whitespace() || c == '\\' || c == 'n');
        let length = body.find(|c: char| !c.is_ascii_alphanumeric() && c != '+' && c != '/' && c != '=');
        (length.unwrap_or(body.len()) > LONGEST_SAMPLE).then(|| text[..at].lines().count())
    })
}

/// A line of PEM has 64 characters; samples in tests of filters are shorter.
const LONGEST_SAMPLE: usize = 60;

/// Split, so that this file passes its own rule.
const HOSTS: [&str; 8] = [
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("python", "hosted.org"),
    concat!("proxy.", "golang.org"),
    concat!("sum.", "golang.org"),
    concat!("npmjs", ".org"),
    concat!("deb.", "debian.org"),
    concat!("security.", "debian.org"),
];
const HOMES: [&str; 3] = [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];

/// File, text, reason.
const EXCUSED: [(&str, &str, &str); 1] =
    [("fixtures/stack/static/etc/passwd", "nonroot", "the account of an image, with a home that does not exist")];

#[cfg(test)]
mod tests {
    use super::{super::problem::brief, *};

    fn check_one(text: &str) -> Vec<String> {
        let file = TextFile { path: "a".to_owned(), text: text.to_owned() };
        brief(&of_file(&file, Some("/srv/checkout")))
    }

    #[test]
    fn what_must_not_leave_is_red() {
        let home = concat!("/ho", "me/ada/project");
        let body = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAAAAAAAAAAAAAAAA";
        let header = concat!("-----BEGIN PRIVATE ", "KEY-----");
        for (text, expected) in [
            (format!("see https://{}/x", HOSTS[0]), "registry-host a:1"),
            (format!("\nGOPROXY=https://{}", HOSTS[3]), "registry-host a:2"),
            (format!("cd {home}"), "machine-path a:1"),
            ("path = \"/srv/checkout/a\"".to_owned(), "machine-path a:1"),
            (format!("x\n{header}\n{body}\n"), "private-key a:2"),
            (format!("let key = \"{header}\\n{body}\";"), "private-key a:1"),
        ] {
            assert_eq!(check_one(&text), [expected], "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_it_is_fine() {
        for text in [
            concat!("-----BEGIN PRIVATE ", "KEY-----"),
            concat!("-----BEGIN PRIVATE ", "KEY-----\\nhalf"),
            "-----BEGIN CERTIFICATE-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAAAAAAAAAAAAAAAAAAAAAAAA",
            concat!("docs/ro", "ot/a and ${X}/ho", "me/b"),
            "image: docker.io/istio/pilot:1.31.0",
        ] {
            assert_eq!(check_one(text), Vec::<String>::new(), "{text}");
        }
    }
}
