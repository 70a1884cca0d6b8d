//! Subjects of commits are short: those that are on this branch and not yet on the default branch.
//!
//! Commits that others already have stay as they are. Without git, without a default branch, or in a clone whose history is cut off,
//! nobody can say which commits are new, and nothing is checked. Bodies are not read.

use std::{path::Path, process::Command};

use super::problem::Problem;

const LONGEST: usize = 60;

pub(super) fn check(workspace: &Path) -> Vec<Problem> {
    new_commits(workspace).unwrap_or_default().lines().filter_map(of_line).collect()
}

/// Of a line `hash subject`.
fn of_line(line: &str) -> Option<Problem> {
    let (hash, subject) = line.split_once(' ')?;
    let length = subject.chars().count();
    (length > LONGEST).then(|| {
        let message = format!("{length} characters: `{subject}`; at most {LONGEST}, reword it (`git rebase -i`)");
        Problem::error(&format!("commit {hash}"), None, "subject", message)
    })
}

fn new_commits(workspace: &Path) -> Option<String> {
    if git(workspace, &["rev-parse", "--is-shallow-repository"])?.trim() != "false" {
        return None;
    }
    let is_there = |name: &&&str| git(workspace, &["rev-parse", "--verify", "--quiet", name]).is_some();
    let default = DEFAULT_BRANCHES.iter().find(is_there)?;
    git(workspace, &["log", "--no-merges", "--format=%h %s", &format!("{default}..HEAD")])
}

/// The first of these that is there.
const DEFAULT_BRANCHES: [&str; 3] = ["refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/heads/main"];

fn git(workspace: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(workspace).args(arguments).env_remove("GIT_DIR").output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::{super::problem::brief, *};

    #[test]
    fn a_long_subject_is_red() {
        let of_length = |length: usize| check_all(&format!("abc1234 {}", "x".repeat(length)));
        assert_eq!(of_length(60), Vec::<String>::new());
        assert_eq!(of_length(61), ["subject commit abc1234"]);
        assert_eq!(
            check_all(&format!("a {}\nb short\nc {0}", "x".repeat(61))),
            ["subject commit a", "subject commit c"]
        );
        // Counted as people do.
        assert_eq!(check_all(&format!("a {}", "ü".repeat(60))), Vec::<String>::new());
    }

    fn check_all(log: &str) -> Vec<String> {
        brief(&log.lines().filter_map(of_line).collect::<Vec<_>>())
    }

    #[test]
    fn commits_of_this_branch_alone_are_read() {
        let place = tempfile::tempdir().unwrap();
        let run = |words: &str| {
            let identity = ["-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false"];
            let words: Vec<&str> = identity.into_iter().chain(words.split(' ')).collect();
            git(place.path(), &words).unwrap_or_else(|| panic!("git {words:?}"))
        };
        let commit = |subject: &str| run(&format!("commit --quiet --allow-empty --message {subject}"));
        assert_eq!(new_commits(place.path()), None);
        run("init --quiet --initial-branch main");
        commit(&"old".repeat(30));
        run("checkout --quiet -b change");
        commit(&"new".repeat(21));
        commit("short");
        assert_eq!(brief(&check(place.path())).len(), 1);
        run("checkout --quiet main");
        assert_eq!(check(place.path()), []);
    }
}
