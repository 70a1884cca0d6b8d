//! The inventory of ports and policies of a loopback world, one line of text each.

use std::fs;

use mtls_kubernetes::{KubeError, Reference};
use sha2::{Digest as _, Sha256};

use super::Loopback;

impl Loopback {
    /// Listening ports, and policies with their digests.
    ///
    /// # Errors
    ///
    /// When a policy cannot be read.
    pub(super) async fn ports_and_policies(&self) -> Result<Vec<String>, KubeError> {
        let mut held = ports(self.subnet.number());
        for object in self.store.lock().await.all() {
            let digest = hex::encode(Sha256::digest(serde_json::to_vec(&object).unwrap_or_default()));
            held.push(format!("{} with the digest {}", Reference::of(&object)?, &digest[..12]));
        }
        Ok(held)
    }
}

/// The listening ports in the network of the world.
fn ports(subnet: u8) -> Vec<String> {
    let table = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let mut ports: Vec<String> = table.lines().filter_map(|line| listening(line, subnet)).collect();
    ports.sort();
    // A listener that is being replaced is listed twice.
    ports.dedup();
    ports
}

/// A line of `/proc/net/tcp`: number, local address as little-endian hex, remote address, state (`0A` is listening).
fn listening(line: &str, subnet: u8) -> Option<String> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let (address, port) = fields.get(1)?.split_once(':')?;
    let octets = u32::from_str_radix(address, 16).ok()?.to_le_bytes();
    let port = u16::from_str_radix(port, 16).ok()?;
    let is_ours = fields.get(3) == Some(&"0A") && octets[..2] == [127, subnet];
    is_ours.then(|| format!("port {port} of {}", std::net::Ipv4Addr::from(octets)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listeners_of_the_network_count() {
        let line = |address: &str, state: &str| {
            format!("   0: {address} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 1 1")
        };
        assert_eq!(listening(&line("0A00407F:1F90", "0A"), 64), Some("port 8080 of 127.64.0.10".to_owned()));
        assert_eq!(listening(&line("0A00407F:1F90", "01"), 64), None);
        assert_eq!(listening(&line("0A00407F:1F90", "0A"), 65), None);
        assert_eq!(listening("  sl  local_address rem_address   st", 64), None);
    }
}
