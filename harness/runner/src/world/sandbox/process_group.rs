//! A process group that ends with the harness, also when the harness is killed.
//!
//! A shell leads the process group that every program joins. It waits at the reading end of a pipe: when the harness
//! ends, the pipe closes, and the shell removes the folder and kills the group.

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::{Child, Command};

/// The leader of the group, and the folder that it removes.
#[derive(Debug)]
pub(in crate::world) struct ProcessGroup {
    /// Dropping its standard input ends the group.
    shell: Child,
    group: i32,
    folder: PathBuf,
}

/// `$1` is the folder. The last signal also ends the leader, which is in the group.
const SCRIPT: &str = r#"trap '' INT TERM HUP; cat >/dev/null; rm -rf -- "$1"; kill -KILL 0"#;

impl ProcessGroup {
    /// Creates the folder, accessible to its owner only, and starts the leader of a new process group.
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
        let group = id.ok_or_else(|| io::Error::other("the leader of the process group ended at once"))?;
        Ok(Self { shell, group, folder: folder.to_owned() })
    }

    /// The id of the process group.
    pub(in crate::world) fn group(&self) -> i32 {
        self.group
    }

    pub(in crate::world) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A command whose process joins the group, with an empty environment.
    pub(in crate::world) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.process_group(self.group).kill_on_drop(true).env_clear().stdin(Stdio::null());
        command
    }

    /// Ends the group and waits until the folder is gone.
    pub(super) async fn end(mut self) -> io::Result<()> {
        drop(self.shell.stdin.take());
        self.shell.wait().await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use mtls_engine::wait::{Check, until};

    async fn gone(id: u32) {
        let path = PathBuf::from(format!("/proc/{id}/stat"));
        let state = async || {
            // A zombie has ended; init reaps it after the harness.
            match std::fs::read_to_string(&path) {
                Ok(stat) if !stat.contains(") Z ") => Check::NotYet(stat),
                _ => Check::Ready(()),
            }
        };
        until("the child's end", Duration::from_secs(5), Duration::from_millis(20), state).await.unwrap();
    }

    #[tokio::test]
    async fn the_end_of_the_group_removes_processes_and_folder() {
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
    async fn dropping_the_group_ends_it_too() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("world");
        let guard = ProcessGroup::start(&folder).unwrap();
        let child = guard.command(Path::new("/bin/sleep")).arg("600").kill_on_drop(false).spawn().unwrap();
        let id = child.id().unwrap();
        drop(guard);
        gone(id).await;
        until("no folder", Duration::from_secs(5), Duration::from_millis(20), async || {
            if folder.exists() { Check::NotYet("the folder is there".to_owned()) } else { Check::Ready(()) }
        })
        .await
        .unwrap();
    }
}
