//! A proxy that is no sidecar: stock Envoy as somebody without a mesh would write it, in front of the same application.
//!
//! Who gets in is decided by a CA bundle and a match of names. Everything behind the handshake is the sidecar's: the policies, the
//! filters, the application. So whatever such a proxy does otherwise than a sidecar is the work of the validator.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::{
    EnvoyError, Sidecar, Sidecars,
    files::{address, cluster},
    inbound::filters,
    template::PROXY_LISTENER,
};
use crate::{scenario::model::Column, stack::workload};

/// The only port that it has.
pub const COLUMN: Column = Column::Http;

/// Its listener, and the cluster behind it.
pub(super) fn proxy(
    all: &Sidecars<'_>,
    one: &Sidecar,
    proxy: Ipv4Addr,
    application: Ipv4Addr,
) -> Result<(Value, Value), EnvoyError> {
    let port = workload::port(COLUMN) + all.shift;
    let name = format!("{}.{}|proxy|{port}||", one.namespace, one.account);
    let listener = PROXY_LISTENER.fill(&[
        ("name", json!(name)),
        ("address", address(proxy, port)),
        ("certificates", json!(one.certificates)),
        ("trust-domain", json!(all.trust_domain)),
        ("filters", json!(filters(all, one, port, true, &name)?)),
    ])?;
    Ok((listener, cluster(&name, address(application, port), None, None)?))
}
