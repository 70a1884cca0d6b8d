//! Parameters of the verbs that sum up a time: streams of requests, and renewals of certificates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ServerPort;

/// A ledgered stream of requests: `start` it, `check` it, `stop` it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Traffic {
    #[serde(default)]
    pub start: Option<TrafficStart>,
    /// Stream whose two logs are joined so far: see `scenarios/README.md` for the facts.
    #[serde(default)]
    pub check: Option<String>,
    /// Stream to end; its ledger is then whole, and may be judged.
    #[serde(default)]
    pub stop: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrafficStart {
    pub id: String,
    pub from: String,
    pub to: String,
    pub port: ServerPort,
    /// Send times are fixed by it, however slow the answers are: 1 to 500.
    pub rate_per_second: u32,
    #[serde(default)]
    pub connections: Connections,
    /// Where the certificate comes from that the caller presents on `app-mtls`.
    #[serde(default)]
    pub presents: Presents,
    /// Longest life of the stream, as a duration.
    pub at_most: String,
}

/// Where the certificate of a stream comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Presents {
    /// The files of its pod.
    #[default]
    Files,
    /// The Workload API, which is followed.
    Svid,
}

/// How the requests of a stream come by their connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Connections {
    /// One for each request.
    Fresh,
    /// Kept until they break.
    LongLived,
    /// Two in ten fresh, six pooled, two long-lived.
    #[default]
    Mixed,
    /// Used again while they are not idle for 10 s or 45 s old.
    Pooled,
}

impl Connections {
    /// As scenario files spell it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::LongLived => "long-lived",
            Self::Mixed => "mixed",
            Self::Pooled => "pooled",
        }
    }
}

/// Waits for renewals of a certificate, in a Secret, in an SVID or in the files of a participant: facts `renewals`, `serials.distinct`,
/// `keys.distinct`; of a Secret also `window-without-secret-ms` and what its Certificate said meanwhile: `certificate.last`, `certificate.ready`,
/// `certificate.reasons`; of an SVID `authorities.distinct`, `of-next-authority`, and how much of the old one's life was over:
/// `used-percent.least`, `used-percent.most`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rotate {
    /// `namespace/name` of the Secret.
    #[serde(default)]
    pub secret: Option<String>,
    /// Participant whose X.509-SVID is fetched: with `natural` or `next-authority`.
    #[serde(default)]
    pub svid: Option<String>,
    /// Participant whose files change: with `reissue`.
    #[serde(default)]
    pub of: Option<String>,
    /// How long each new certificate is good for, with `reissue`; default as at first.
    #[serde(default)]
    pub lifetime: Option<String>,
    pub trigger: Trigger,
    #[serde(default = "one")]
    pub times: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// `kubectl delete secret`.
    DeleteSecret,
    /// cert-manager renews by itself at `renewBefore`, SPIRE's agent at half of an SVID's life.
    Natural,
    /// SPIRE's server prepares and activates a new X.509 authority; the renewals that follow are natural ones.
    NextAuthority,
    /// The world signs a new one and swaps the files as a kubelet does. Needs the feature `leaf-files`.
    Reissue,
    /// What `cmctl renew` does: the old Secret stays until the new one is there.
    Renew,
}

fn one() -> u32 {
    1
}
