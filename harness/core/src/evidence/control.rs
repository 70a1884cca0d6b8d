//! Controls of security frameworks that requirements are evidence toward: a closed set.
//!
//! NIST SP 800-53 Rev. 5 (with its titles) and PCI DSS 4.0.1. That a requirement is mapped to a control says that its
//! result is evidence for an assessor of that control; it does not say that the control is met.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Declares the controls once, so that the list of all of them cannot miss one.
macro_rules! controls {
    ($($(#[doc = $doc:literal])+ $control:ident = $word:literal, $title:literal;)+) => {
        /// A control.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Control {
            $($(#[doc = $doc])+ #[serde(rename = $word)] $control,)+
        }

        impl Control {
            pub const ALL: &[Self] = &[$(Self::$control,)+];

            /// The id, as files and reports write it.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$control => $word,)+
                }
            }

            /// The title.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$control => $title,)+
                }
            }
        }
    };
}

controls! {
    /// Which flows of information are allowed between systems, and enforced.
    Ac4 = "AC-4", "Information Flow Enforcement";
    /// Records of the events that must be recorded.
    Au12 = "AU-12", "Audit Record Generation";
    /// Both ends prove who they are by cryptography before they are connected.
    Ia3_1 = "IA-3(1)", "Device Identification and Authentication: Cryptographic Bidirectional Authentication";
    /// Certificates are validated up to a trust anchor, and their keys are protected.
    Ia5_2 = "IA-5(2)", "Authenticator Management: Public Key-based Authentication";
    /// What is transmitted is protected by cryptography.
    Sc8_1 = "SC-8(1)", "Transmission Confidentiality and Integrity: Cryptographic Protection";
    /// Keys are made, distributed, stored, replaced and destroyed in a defined way.
    Sc12 = "SC-12", "Cryptographic Key Establishment and Management";
    /// Which cryptography is used.
    Sc13 = "SC-13", "Cryptographic Protection";
    /// Certificates are issued under a policy, and trust stores hold approved anchors only.
    Sc17 = "SC-17", "Public Key Infrastructure Certificates";
    /// Sessions are those of the peers that were authenticated.
    Sc23 = "SC-23", "Session Authenticity";
    /// Attacks and unauthorised connections are detected.
    Si4 = "SI-4", "System Monitoring";
    /// Trusted certificates, secure versions and strong ciphers only, on open networks.
    Pci4_2_1 = "PCI-4.2.1", "Strong cryptography for account data in transit over open, public networks";
}

impl Control {
    /// The framework that it is of.
    #[must_use]
    pub const fn framework(self) -> &'static str {
        match self {
            Self::Pci4_2_1 => "PCI DSS 4.0.1",
            Self::Ac4
            | Self::Au12
            | Self::Ia3_1
            | Self::Ia5_2
            | Self::Sc8_1
            | Self::Sc12
            | Self::Sc13
            | Self::Sc17
            | Self::Sc23
            | Self::Si4 => "NIST SP 800-53 Rev. 5",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_is_what_serde_writes() {
        for control in Control::ALL {
            assert_eq!(serde_json::to_value(control).unwrap(), control.word());
        }
    }
}
