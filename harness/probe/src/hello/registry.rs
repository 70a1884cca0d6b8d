//! Code points by their IANA names, or as `0x` and four digits if they are not listed.
//!
//! <https://www.iana.org/assignments/tls-parameters/tls-parameters.xhtml>

/// The code points of cipher suites.
///
/// # Errors
/// A sentence about the first unknown name. The same holds below.
pub(super) fn ciphers(names: &[String]) -> Result<Vec<u16>, String> {
    names.iter().map(|name| code("cipher", &CIPHERS, name)).collect()
}

/// The code points of supported groups.
pub(super) fn groups(names: &[String]) -> Result<Vec<u16>, String> {
    names.iter().map(|name| code("group", &GROUPS, name)).collect()
}

/// The code points of signature schemes.
pub(super) fn schemes(names: &[String]) -> Result<Vec<u16>, String> {
    names.iter().map(|name| code("signature algorithm", &SCHEMES, name)).collect()
}

/// The name of a cipher suite, or its number if it is not listed.
pub(super) fn cipher_name(code: u16) -> String {
    let known = CIPHERS.iter().find(|(_, listed)| *listed == code);
    known.map_or_else(|| format!("{code:#06x}"), |(name, _)| (*name).to_owned())
}

fn code(kind: &str, names: &[(&str, u16)], text: &str) -> Result<u16, String> {
    if let Some((_, code)) = names.iter().find(|(name, _)| *name == text) {
        return Ok(*code);
    }
    let number = text.strip_prefix("0x").and_then(|digits| u16::from_str_radix(digits, 16).ok());
    number.ok_or_else(|| format!("`{text}` is no {kind} known here; write its IANA name or its number as 0x1234"))
}

const CIPHERS: [(&str, u16); 28] = [
    ("TLS_AES_128_GCM_SHA256", 0x1301),
    ("TLS_AES_256_GCM_SHA384", 0x1302),
    ("TLS_CHACHA20_POLY1305_SHA256", 0x1303),
    ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 0xc02b),
    ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", 0xc02c),
    ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 0xc02f),
    ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", 0xc030),
    ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 0xcca9),
    ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 0xcca8),
    ("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", 0xc009),
    ("TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", 0xc00a),
    ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", 0xc013),
    ("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", 0xc014),
    ("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", 0xc023),
    ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", 0xc027),
    ("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", 0x009e),
    ("TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", 0x009f),
    ("TLS_RSA_WITH_AES_128_GCM_SHA256", 0x009c),
    ("TLS_RSA_WITH_AES_256_GCM_SHA384", 0x009d),
    ("TLS_RSA_WITH_AES_128_CBC_SHA", 0x002f),
    ("TLS_RSA_WITH_AES_256_CBC_SHA", 0x0035),
    ("TLS_RSA_WITH_AES_128_CBC_SHA256", 0x003c),
    ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", 0x000a),
    ("TLS_RSA_WITH_RC4_128_SHA", 0x0005),
    ("TLS_RSA_WITH_RC4_128_MD5", 0x0004),
    ("TLS_RSA_WITH_NULL_SHA256", 0x003b),
    ("TLS_RSA_EXPORT_WITH_RC4_40_MD5", 0x0003),
    ("TLS_DH_anon_WITH_AES_128_CBC_SHA", 0x0034),
];

const GROUPS: [(&str, u16); 8] = [
    ("x25519", 0x001d),
    ("secp256r1", 0x0017),
    ("secp384r1", 0x0018),
    ("secp521r1", 0x0019),
    ("x448", 0x001e),
    ("ffdhe2048", 0x0100),
    ("secp192r1", 0x0013),
    ("X25519MLKEM768", 0x11ec),
];

const SCHEMES: [(&str, u16); 15] = [
    ("ecdsa_secp256r1_sha256", 0x0403),
    ("ecdsa_secp384r1_sha384", 0x0503),
    ("ecdsa_secp521r1_sha512", 0x0603),
    ("ed25519", 0x0807),
    ("ed448", 0x0808),
    ("rsa_pss_rsae_sha256", 0x0804),
    ("rsa_pss_rsae_sha384", 0x0805),
    ("rsa_pss_rsae_sha512", 0x0806),
    ("rsa_pkcs1_sha256", 0x0401),
    ("rsa_pkcs1_sha384", 0x0501),
    ("rsa_pkcs1_sha512", 0x0601),
    ("rsa_pkcs1_sha1", 0x0201),
    ("ecdsa_sha1", 0x0203),
    ("dsa_sha256", 0x0402),
    ("rsa_pkcs1_md5", 0x0101),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_mean_the_same() {
        let both = ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "0xc02b"].map(str::to_owned);
        assert_eq!(ciphers(&both), Ok(vec![0xc02b, 0xc02b]));
        assert_eq!((cipher_name(0xc02b).as_str(), cipher_name(0xfefe).as_str()), (CIPHERS[3].0, "0xfefe"));
        let error = groups(&["x25518".to_owned()]).unwrap_err();
        assert!(error.contains("x25518") && error.contains("0x1234"), "{error}");
    }
}
