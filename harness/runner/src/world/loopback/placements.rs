//! Places the participants of a loopback world on addresses.
//!
//! Input: the participants of the scenarios to run. Output: one address per sidecar, per application, and per pair of
//! caller and server, so that policies apply to the ports that they name and logs distinguish the callers.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{Ipv4Addr, SocketAddr, TcpListener},
};

use mtls_core::scenario::model::{Participant, Scenario, ServerPort};

use crate::stack::workload;

/// Account and namespace, which identify one pod of the mesh.
pub(super) type Name = (String, String);

/// A workload with its sidecar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) name: Name,
    pub(super) spiffe: String,
    /// Address of its sidecar, for callers.
    pub(super) sidecar: Ipv4Addr,
    /// Address of the application, for its sidecar and its proxy only.
    pub(super) application: Ipv4Addr,
    /// Address of a proxy in front of the same application that is not a sidecar.
    pub(super) proxy: Ipv4Addr,
}

/// A client of the mesh: it sends plaintext to its sidecar, which makes the TLS session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) name: Name,
    pub(super) spiffe: String,
    /// The source address of its sidecar.
    pub(super) address: Ipv4Addr,
    /// The addresses on which its sidecar listens, by server.
    pub(super) towards: BTreeMap<Name, Ipv4Addr>,
}

/// All placements of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placements {
    pub(super) servers: Vec<Server>,
    pub(super) callers: Vec<Caller>,
    /// Clients without a sidecar and their SPIFFE IDs; they may hold a certificate.
    pub(super) outsiders: BTreeMap<Name, String>,
    /// Envoy's admin interface.
    pub(super) admin: SocketAddr,
    /// Added to every port; 0 unless another program on this host listens on all addresses.
    pub(super) shift: u16,
}

/// A network `127.n.0.0/16`, reserved for this world until this is dropped.
#[derive(Debug)]
pub(super) struct Subnet {
    number: u8,
    #[expect(dead_code, reason = "the bound port is what others find taken")]
    claim: TcpListener,
}

const FIRST: u8 = 64;
const LAST: u8 = 126;
const CLAIM_PORT: u16 = 61_777;
const ADMIN_PORT: u16 = 15_000;
const SHIFTS: [u16; 4] = [0, 1_000, 2_000, 3_000];
const COLUMNS: [ServerPort; 4] = [ServerPort::Http, ServerPort::Metrics, ServerPort::AppMtls, ServerPort::Tcp];

impl Subnet {
    /// Reserves the first free network. The search starts at a number derived from `start`, which differs between
    /// processes.
    pub(super) fn claim(start: u32) -> std::io::Result<Self> {
        let count = u32::from(LAST - FIRST) + 1;
        let mut last = std::io::Error::other("no network was tried");
        for step in 0..count {
            let number = FIRST + u8::try_from((start + step) % count).unwrap_or_default();
            match TcpListener::bind((Ipv4Addr::new(127, number, 0, 1), CLAIM_PORT)) {
                Ok(claim) => return Ok(Self { number, claim }),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// The `n` of `127.n.0.0/16`.
    pub(super) fn number(&self) -> u8 {
        self.number
    }
}

impl Placements {
    /// Assigns every participant an address, and chooses a shift with which all ports are free.
    ///
    /// # Errors
    ///
    /// When a port is taken on every address and with every shift.
    pub(super) fn of(scenarios: &[Scenario], subnet: &Subnet) -> std::io::Result<Self> {
        let sabotages =
            scenarios.iter().flat_map(|scenario| &scenario.sabotages).flat_map(|one| one.change.participants.values());
        let members: Vec<&Participant> =
            scenarios.iter().flat_map(|scenario| scenario.participants.values()).chain(sabotages).collect();
        let mut placements = Self::numbered(&members, subnet.number);
        let addresses: Vec<Ipv4Addr> = placements.addresses().collect();
        let mut last = std::io::Error::other("no port was tried");
        for shift in SHIFTS {
            match addresses.iter().try_for_each(|address| free(*address, shift)) {
                Ok(()) => {
                    placements.shift = shift;
                    placements.admin.set_port(ADMIN_PORT + shift);
                    return Ok(placements);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Whether no participant is in the mesh; no sidecars are needed then.
    pub(super) fn is_empty(&self) -> bool {
        self.servers.is_empty() && self.callers.is_empty()
    }

    pub(super) fn server(&self, member: &Participant) -> Option<&Server> {
        self.servers.iter().find(|server| server.name == name(member))
    }

    pub(super) fn caller(&self, member: &Participant) -> Option<&Caller> {
        self.callers.iter().find(|caller| member.sidecar && caller.name == name(member))
    }

    /// The number of a server port in this world.
    pub(super) fn port(&self, column: ServerPort) -> u16 {
        workload::port(column) + self.shift
    }

    fn numbered(members: &[&Participant], subnet: u8) -> Self {
        let is_outside = |member: &&&Participant| member.client.is_some() && !member.sidecar;
        let outsiders: BTreeMap<Name, String> =
            members.iter().filter(is_outside).map(|member| (name(member), spiffe(&name(member)))).collect();
        let servers: BTreeSet<Name> =
            members.iter().filter(|member| member.workload.is_some()).map(|member| name(member)).collect();
        let callers: BTreeSet<Name> = members
            .iter()
            .filter(|member| member.client.is_some() && member.sidecar)
            .map(|member| name(member))
            .collect();
        // A run has a handful of participants; more than two hundred of a kind would need another numbering.
        let number = |index: usize| u8::try_from(index).unwrap_or(u8::MAX);
        let servers: Vec<Server> = servers
            .into_iter()
            .enumerate()
            .map(|(index, name)| Server {
                spiffe: spiffe(&name),
                sidecar: Ipv4Addr::new(127, subnet, 0, 10 + number(index)),
                application: Ipv4Addr::new(127, subnet, 1, 10 + number(index)),
                proxy: Ipv4Addr::new(127, subnet, 3, 10 + number(index)),
                name,
            })
            .collect();
        let callers = callers
            .into_iter()
            .enumerate()
            .map(|(index, name)| Caller {
                spiffe: spiffe(&name),
                address: Ipv4Addr::new(127, subnet, 2, 10 + number(index)),
                towards: servers
                    .iter()
                    .map(|server| {
                        let host = server.sidecar.octets()[3];
                        (server.name.clone(), Ipv4Addr::new(127, subnet, 10 + number(index), host))
                    })
                    .collect(),
                name,
            })
            .collect();
        let admin = SocketAddr::from((Ipv4Addr::new(127, subnet, 0, 2), ADMIN_PORT));
        Self { servers, callers, outsiders, admin, shift: 0 }
    }

    fn addresses(&self) -> impl Iterator<Item = Ipv4Addr> {
        let served = self.servers.iter().flat_map(|server| [server.sidecar, server.application, server.proxy]);
        served.chain(self.callers.iter().flat_map(|caller| caller.towards.values().copied()))
    }
}

fn free(address: Ipv4Addr, shift: u16) -> std::io::Result<()> {
    COLUMNS.iter().try_for_each(|column| {
        let port = workload::port(*column) + shift;
        let taken = |error: std::io::Error| std::io::Error::new(error.kind(), format!("{address}:{port}: {error}"));
        TcpListener::bind((address, port)).map(drop).map_err(taken)
    })
}

pub(super) fn name(member: &Participant) -> Name {
    (member.account().to_owned(), member.namespace.clone())
}

fn spiffe((account, namespace): &Name) -> String {
    format!("spiffe://{}/ns/{namespace}/sa/{account}", mtls_core::scenario::model::TRUST_DOMAIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(workload: Option<&str>, client: Option<&str>, sidecar: bool) -> Participant {
        Participant {
            workload: workload.map(str::to_owned),
            client: client.map(str::to_owned),
            namespace: "n".to_owned(),
            sidecar,
            identity: None,
            wire: None,
        }
    }

    #[test]
    fn every_placement_has_its_own_address() {
        let participants = [
            member(Some("api"), None, true),
            member(Some("other"), None, true),
            member(None, Some("client"), true),
            member(None, Some("second"), true),
            member(None, Some("plain"), false),
        ];
        let placements = Placements::numbered(&participants.iter().collect::<Vec<_>>(), 77);
        let addresses: Vec<Ipv4Addr> = placements.addresses().collect();
        assert_eq!(addresses.len(), 3 * 2 + 2 * 2);
        assert_eq!(addresses.iter().collect::<BTreeSet<_>>().len(), addresses.len());
        assert!(placements.caller(&participants[4]).is_none());
        assert_eq!(placements.server(&participants[0]).unwrap().spiffe, "spiffe://x0tta6bl4.mesh/ns/n/sa/api");
    }

    #[test]
    fn two_worlds_never_share_a_network() {
        let (one, two) = (Subnet::claim(5).unwrap(), Subnet::claim(5).unwrap());
        assert_ne!(one.number, two.number);
    }

    #[test]
    fn a_port_that_is_taken_everywhere_shifts_all() {
        let participants = [member(Some("api"), None, true)];
        let placements = Placements::numbered(&participants.iter().collect::<Vec<_>>(), 127);
        // Other programs may use the real ports; this only checks that taken and free ports are distinguished.
        let address = placements.servers[0].sidecar;
        let taken = TcpListener::bind((address, 8080 + 3_000)).unwrap();
        assert!(free(address, 3_000).unwrap_err().to_string().contains("11080"));
        drop(taken);
        assert!(free(address, 3_000).is_ok());
    }
}
