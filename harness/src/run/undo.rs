//! How a change to the world is undone, in a form that can be written down.
//!
//! Data and its text only: `steps::undo` does it, and a scenario's own clean-up or the repair of a world decides when.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    kubernetes::{Inverse, Reference},
    scenario::model::{CastMember, Exec},
};

/// How to undo one change.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Undo {
    /// Run this text beside the trees.
    Command(String),
    /// Run this in the place of the change.
    Exec(Exec),
    /// The reference client had these faults before.
    Faults(Vec<String>),
    /// The member is to hold the certificate again that it was given at first.
    Leaf(Box<CastMember>),
    /// The object is to be as it was before.
    Object(Inverse),
    /// This rule file of a tree is to be read again, and not what takes its place.
    Rules(String),
    /// A controller brings this back by itself: it is only waited for.
    SelfHealing(String),
    /// The reference workload of this member is to run without weaknesses again.
    Workload(Box<CastMember>),
}

impl Undo {
    /// Whether the change is still there when the process that made it is killed. What lies in this process, or in processes that end
    /// with it, is not.
    pub(super) fn outlives_the_run(&self) -> bool {
        match self {
            Self::Command(_) | Self::Exec(_) | Self::Object(_) | Self::SelfHealing(_) | Self::Workload(_) => true,
            Self::Faults(_) | Self::Leaf(_) | Self::Rules(_) => false,
        }
    }
}

/// One line for people. It never holds the data of an object.
impl fmt::Display for Undo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(text) => write!(formatter, "run `{text}`"),
            Self::Exec(exec) => {
                write!(formatter, "run `{}` in {}/{}", exec.command.join(" "), exec.namespace, exec.selector)
            }
            Self::Faults(before) if before.is_empty() => write!(formatter, "take the faults from the reference client"),
            Self::Faults(before) => write!(formatter, "give the reference client the faults {}", before.join(", ")),
            Self::Leaf(member) => {
                write!(formatter, "restore the certificate of {}/{}", member.namespace, member.account())
            }
            Self::Object(Inverse::Delete(reference)) => write!(formatter, "delete {reference}"),
            Self::Object(Inverse::Restore(object)) => match Reference::of(object) {
                Ok(reference) => write!(formatter, "restore {reference}"),
                Err(error) => write!(formatter, "restore an object: {error}"),
            },
            Self::Rules(file) => write!(formatter, "read {file} as it was"),
            Self::SelfHealing(what) => write!(formatter, "wait for {what}"),
            Self::Workload(member) => {
                write!(formatter, "take the weaknesses from {}/{}", member.namespace, member.account())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_down_is_read_back() {
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
            "metadata": {"name": "leaf", "namespace": "n"}, "data": {"tls.crt": "QQ=="},
        });
        let member: CastMember = serde_json::from_value(json!({"workload": "proxy-api", "namespace": "n"})).unwrap();
        let exec = Exec {
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
            (Undo::Workload(Box::new(member)), "take the weaknesses from n/proxy-api"),
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
