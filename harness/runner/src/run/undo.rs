//! How to undo a change to the world, as data that the journal can store.
//!
//! Data and its text only. `steps::undo` undoes the change; the clean-up of a scenario or the repair of a world decides
//! when.

use std::fmt;

use mtls_core::scenario::model::{Participant, PodProgram};
use mtls_kubernetes::{Inverse, Reference};
use serde::{Deserialize, Serialize};

/// How to undo one change.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Undo {
    /// Run this shell command in the folder of the trees.
    Command(String),
    /// Run this program in the pod of the change.
    Exec(PodProgram),
    /// Set the faults of the reference client to these.
    Faults(Vec<String>),
    /// Give the participant its first certificate again.
    Leaf(Box<Participant>),
    /// Restore the object to its state before the change.
    Object(Inverse),
    /// Use this rule file of a tree again instead of its replacement.
    Rules(String),
    /// A controller restores this by itself; there is nothing to run.
    SelfHealing(String),
    /// Run the reference workload of this participant without faults again.
    Workload(Box<Participant>),
}

impl Undo {
    /// Whether the change stays when this process is killed. Changes inside this process or its child processes do not.
    pub(super) fn outlives_the_run(&self) -> bool {
        match self {
            Self::Command(_) | Self::Exec(_) | Self::Object(_) | Self::SelfHealing(_) | Self::Workload(_) => true,
            Self::Faults(_) | Self::Leaf(_) | Self::Rules(_) => false,
        }
    }
}

/// One line for a person to read. It never holds the data of an object.
impl fmt::Display for Undo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(text) => write!(formatter, "run `{text}`"),
            Self::Exec(exec) => {
                write!(formatter, "run `{}` in {}/{}", exec.command.join(" "), exec.namespace, exec.selector)
            }
            Self::Faults(before) if before.is_empty() => write!(formatter, "remove the faults of the reference client"),
            Self::Faults(before) => write!(formatter, "set the faults {} in the reference client", before.join(", ")),
            Self::Leaf(member) => {
                write!(formatter, "restore the certificate of {}/{}", member.namespace, member.account())
            }
            Self::Object(Inverse::Delete(reference)) => write!(formatter, "delete {reference}"),
            Self::Object(Inverse::Restore(object)) => match Reference::of(object) {
                Ok(reference) => write!(formatter, "restore {reference}"),
                Err(error) => write!(formatter, "restore an object: {error}"),
            },
            Self::Rules(file) => write!(formatter, "restore the rule file {file}"),
            Self::SelfHealing(what) => write!(formatter, "wait for {what}"),
            Self::Workload(member) => {
                write!(formatter, "remove the faults of {}/{}", member.namespace, member.account())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_stored_undo_is_read_back() {
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
            "metadata": {"name": "leaf", "namespace": "n"}, "data": {"tls.crt": "QQ=="},
        });
        let member: Participant = serde_json::from_value(json!({"workload": "proxy-api", "namespace": "n"})).unwrap();
        let exec = PodProgram {
            namespace: "n".to_owned(),
            selector: "app=a".to_owned(),
            container: "c".to_owned(),
            command: vec!["rm".to_owned(), "x".to_owned()],
            undo: Vec::new(),
        };
        let all = [
            (Undo::Command("kubectl version".to_owned()), "run `kubectl version`"),
            (Undo::Exec(exec), "run `rm x` in n/app=a"),
            (Undo::Object(Inverse::Delete(Reference::new("v1", "Pod", Some("n"), "p"))), "delete Pod n/p"),
            (Undo::Object(Inverse::Restore(serde_json::from_value(secret).unwrap())), "restore Secret n/leaf"),
            (Undo::SelfHealing("Secret n/leaf".to_owned()), "wait for Secret n/leaf"),
            (Undo::Workload(Box::new(member)), "remove the faults of n/proxy-api"),
        ];
        for (undo, line) in all {
            assert!(undo.outlives_the_run(), "{line}");
            let written = serde_json::to_string(&undo).unwrap();
            let read: Undo = serde_json::from_str(&written).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), written);
            assert_eq!(read.to_string(), line);
        }
    }
}
