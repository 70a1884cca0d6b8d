//! `VERIFY.md`: how somebody checks a certificate who has none of this, in five commands.

/// The name of the file.
pub const FILE_NAME: &str = "VERIFY.md";

/// The page for a certificate with this profile.
#[must_use]
pub fn text(profile: &str) -> String {
    TEMPLATE.replace("{profile}", profile)
}

const TEMPLATE: &str = r#"# How to check this certificate

Get the public key `KEY.pub` from the release manager by another way than this folder. Run the commands in this folder. None needs a
cluster; none but a first installation needs a network. A certificate that was not signed has no `*.sigstore.json`: then 2 and 3 do not apply.

1. Every file is as `MANIFEST.sha256` says. Its own digest is what people quote:

   ```sh
   sha256sum --check --strict --quiet MANIFEST.sha256 && sha256sum MANIFEST.sha256
   ```

2. The key signed both statements, by openssl and jq alone:

   ```sh
   for name in test-result svr; do
     jq -j .dsseEnvelope.payload "$name.sigstore.json" | base64 -d > /tmp/payload
     jq -j '.dsseEnvelope.signatures[0].sig' "$name.sigstore.json" | base64 -d > /tmp/sig
     { printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c < /tmp/payload)"; cat /tmp/payload; } > /tmp/pae
     openssl dgst -sha256 -verify KEY.pub -signature /tmp/sig /tmp/pae && cmp /tmp/payload "$name.statement.json" || echo "WRONG: $name"
   done
   ```

3. The same by cosign, which also looks for the file among the subjects:

   ```sh
   cosign verify-blob-attestation --key KEY.pub --insecure-ignore-tlog --bundle svr.sigstore.json \
     --type https://in-toto.io/attestation/svr/v0.2 MANIFEST.sha256
   ```

4. Every verdict again from the records of the run and of the sabotages, in a checkout of the commit that `conformance.yaml` names:

   ```sh
   cargo xtask verify DIR --key KEY.pub
   ```

5. A policy engine decides by what is proven, after 2 or 3:

   ```sh
   opa eval --fail --input svr.statement.json 'input.predicate.properties[_] == "MTLS_CONFORMANCE_PROFILE_{profile}"'
   ```

1 to 3 show that nothing was changed since it was signed. Only 4 shows that the verdicts follow from what was recorded. Nothing here shows
when it was signed: a key carries no trusted time.
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::{envelope::PAYLOAD_TYPE, statement::SVR};

    #[test]
    fn the_page_says_what_the_program_does() {
        let page = text("core");
        assert!(page.contains(&format!("DSSEv1 {} {PAYLOAD_TYPE} ", PAYLOAD_TYPE.len())));
        assert!(page.contains(SVR) && page.contains("\"MTLS_CONFORMANCE_PROFILE_core\""));
        assert_eq!(page.matches("```sh").count(), 5);
    }
}
