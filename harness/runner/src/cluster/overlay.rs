//! The pod network between nodes: VXLAN (RFC 7348) in the layout of flannel.
//!
//! An `internal` network of the engine drops packets with foreign addresses, so the packets of pods are encapsulated in
//! packets of nodes. One node needs no overlay. Pure: it only renders commands.

/// The addresses of a node, for the other nodes.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    /// Address on the network of the engine.
    pub(super) address: String,
    /// Pod subnet, such as `10.244.1.0/24`.
    pub(super) subnet: String,
}

/// Ethernet's 1500 bytes less the outer headers of VXLAN.
pub(super) const MTU: u16 = 1450;

const DEVICE: &str = "mtls-e2e0";

/// The commands for node `own` of `peers`, in order.
pub(super) fn commands(peers: &[Peer], own: usize) -> Vec<String> {
    let mut commands = vec![
        format!(
            "ip link add {DEVICE} address {} mtu {MTU} type vxlan id 4096 local {} dstport 4789 nolearning",
            mac(own),
            peers[own].address
        ),
        format!("ip address add {}/32 dev {DEVICE}", gateway(&peers[own])),
        format!("ip link set {DEVICE} up"),
        // For packets from pods to nodes: the engine would drop the addresses of pods.
        "iptables -t nat -A POSTROUTING -s 10.244.0.0/16 ! -d 10.244.0.0/16 -o eth0 -j MASQUERADE".to_owned(),
    ];
    for (index, peer) in peers.iter().enumerate().filter(|(index, _)| *index != own) {
        let gateway = gateway(peer);
        commands.push(format!("ip neighbour replace {gateway} lladdr {} dev {DEVICE} nud permanent", mac(index)));
        commands.push(format!("bridge fdb append {} dev {DEVICE} dst {}", mac(index), peer.address));
        commands.push(format!("ip route replace {} via {gateway} dev {DEVICE} onlink", peer.subnet));
    }
    commands
}

/// The network address of a node's subnet, which no pod gets.
fn gateway(peer: &Peer) -> &str {
    peer.subnet.split('/').next().unwrap_or(&peer.subnet)
}

/// A locally administered MAC address per node.
fn mac(index: usize) -> String {
    format!("02:6d:74:6c:73:{index:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_node_has_routes_to_all_others() {
        let peer = |number: u8| Peer { address: format!("172.18.0.{number}"), subnet: format!("10.244.{number}.0/24") };
        let peers = [peer(2), peer(3), peer(4)];
        let commands = commands(&peers, 1);
        let routes: Vec<_> = commands.iter().filter(|command| command.starts_with("ip route")).collect();
        assert_eq!(routes.len(), 2);
        assert!(routes.iter().all(|route| !route.contains("10.244.3.0/24")));
        assert!(commands[0].contains("local 172.18.0.3"));
        assert!(
            commands
                .iter()
                .any(|command| command.contains("fdb append 02:6d:74:6c:73:02 dev mtls-e2e0 dst 172.18.0.4"))
        );
    }
}
