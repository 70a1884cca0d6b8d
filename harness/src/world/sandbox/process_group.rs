//! Everything that is started here ends with the harness, also when that is killed.
//!
//! One shell leads the process group that every program joins. It holds nothing but the reading end of a pipe:
//! when the harness ends, however it ends, the pipe closes, and the shell removes the folder and kills the group.

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::{Child, Command};

/// The group's leader and the folder it removes.
#[derive(Debug)]
pub(in crate::world) struct ProcessGroup {
    /// Dropping its standard input is what ends them all.
    shell: Child,
    group: i32,
    folder: PathBuf,
}

/// `$1` is the folder. The leader is in its own group, so the last signal ends it too.
const SCRIPT: &str = r#"trap '' INT TERM HUP; cat >/dev/null; rm -rf -- "$1"; kill -KILL 0"#;

impl ProcessGroup {
    /// Makes the folder, for its owner only, and puts it and a new process group under guard.
    pub(in crate::world) fn start(folder: &Path) -> io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let shell = Command::new("sh")
            .args(["-c", SCRIPT, "guard"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let id = shell.id().and_then(|id| i32::try_from(id).ok());
        let group = id.ok_or_else(|| io::Error::other("the guard ended at once"))?;
        Ok(Self { shell, group, folder: folder.to_owned() })
    }

    /// The process group of everything.
    pub(in crate::world) fn group(&self) -> i32 {
        self.group
    }

    pub(in crate::world) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A command whose process lives and dies with this.
    pub(in crate::world) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.process_group(self.group).kill_on_drop(true).env_clear().stdin(Stdio::null());
        command
    }

    /// Ends everything and waits until the folder is gone.
    pub(super) async fn end(mut self) -> io::Result<()> {
        drop(self.shell.stdin.take());
        self.shell.wait().await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::wait::{Check, until};

    async fn gone(id: u32) {
        let path = PathBuf::from(format!("/proc/{id}/stat"));
        let state = async || {
            // A zombie is dead: who reaps it is init's business once the harness is gone.
            match std::fs::read_to_string(&path) {
                Ok(stat) if !stat.contains(") Z ") => Check::NotYet(stat),
                _ => Check::Ready(()),
            }
        };
        until("the child's end", Duration::from_secs(5), Duration::from_millis(20), state).await.unwrap();
    }

    #[tokio::test]
    async fn children_and_folder_end_with_the_guard() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("world");
        let guard = ProcessGroup::start(&folder).unwrap();
        std::fs::write(folder.join("key"), "secret").unwrap();
        let child = guard.command(Path::new("/bin/sleep")).arg("600").spawn().unwrap();
        let id = child.id().unwrap();
        guard.end().await.unwrap();
        gone(id).await;
        assert!(!folder.exists());
    }

    #[tokio::test]
    async fn a_guard_that_is_only_dropped_ends_them_too() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("world");
        let guard = ProcessGroup::start(&folder).unwrap();
        let child = guard.command(Path::new("/bin/sleep")).arg("600").kill_on_drop(false).spawn().unwrap();
        let id = child.id().unwrap();
        drop(guard);
        gone(id).await;
        until("an empty place", Duration::from_secs(5), Duration::from_millis(20), async || {
            if folder.exists() { Check::NotYet("the folder is there".to_owned()) } else { Check::Ready(()) }
        })
        .await
        .unwrap();
    }
}
