//! The server's sidecar as a second source: matches access-log entries with attempts.

use serde_json::Value;

/// The properties of an attempt that the log of the server's sidecar can show.
#[derive(Clone, Debug)]
pub struct Caller<'a> {
    /// The request id sent in a header; HTTP only.
    pub attempt: &'a str,
    /// `ip:port` of the caller's own socket. With a sidecar of its own, only the address part survives.
    pub local: String,
    pub has_sidecar: bool,
    /// `ip:port` from which the server's sidecar connected to the application, as the application reports it. It
    /// identifies the connection even if the node changed the caller's port: two connections from one port to two ports
    /// of a pod would collide at its sidecar, so one gets another source port.
    pub application: Option<String>,
    /// The port that the caller connected to.
    pub port: u16,
}

/// The sidecar's log entry of one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogView {
    pub peer: Option<String>,
    pub flags: Option<String>,
    pub tls: Option<String>,
    pub reason: Option<String>,
    pub code: Option<String>,
    /// The key by which the entry was matched: [`BY_REQUEST`], `application`, `socket` or `address`. The last may match
    /// the entry of another attempt.
    pub by: &'static str,
}

/// The entry has the request id of the attempt.
pub const BY_REQUEST: &str = "request-id";

/// Finds the entry of an attempt: by request id; else by the connection to the application; else by the caller's exact
/// socket; else, for a caller with a sidecar, by its address and the port that it connected to.
pub fn log_view(entries: &[Value], caller: &Caller<'_>) -> Option<LogView> {
    let text = |entry: &Value, key: &str| {
        entry[key].as_str().filter(|value| !value.is_empty() && *value != "-").map(str::to_owned)
    };
    let by_id = || entries.iter().find(|entry| entry["request_id"] == caller.attempt);
    let by_application = || {
        let known = caller.application.as_ref()?;
        entries.iter().find(|entry| text(entry, "upstream_local").as_ref() == Some(known))
    };
    let by_socket = || {
        entries.iter().find(|entry| {
            text(entry, "remote").as_deref() == Some(caller.local.as_str())
                || text(entry, "direct_remote").as_deref() == Some(caller.local.as_str())
        })
    };
    let by_address = || {
        let address = caller.local.rsplit_once(':').map_or(caller.local.as_str(), |(address, _)| address);
        let port = format!(":{}", caller.port);
        entries.iter().find(|entry| {
            text(entry, "remote").is_some_and(|remote| remote.rsplit_once(':').is_some_and(|(host, _)| host == address))
                && text(entry, "local_address").is_some_and(|local| local.ends_with(&port))
        })
    };
    let named = |by: &'static str| move |entry| (entry, by);
    let (entry, by) = by_id()
        .map(named(BY_REQUEST))
        .or_else(|| by_application().map(named("application")))
        .or_else(|| by_socket().map(named("socket")))
        .or_else(|| if caller.has_sidecar { by_address().map(named("address")) } else { None })?;
    let reason = ["tls_failure", "term", "details"].iter().find_map(|key| text(entry, key));
    let code =
        entry["code"].as_u64().map(|code| code.to_string()).or_else(|| text(entry, "code")).filter(|code| code != "0");
    Some(LogView { peer: text(entry, "peer"), flags: text(entry, "flags"), tls: text(entry, "tls"), reason, code, by })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_matching_entry_is_found() {
        let entries = [
            json!({"request_id": "other", "remote": "10.244.0.5:4000", "local_address": "10.244.0.9:9000", "peer": "spiffe://tcp"}),
            json!({"request_id": "a1", "remote": "10.244.0.6:5000", "local_address": "10.244.0.9:8080", "peer": "spiffe://http"}),
            json!({"request_id": null, "remote": "10.244.0.7:6000", "local_address": "10.244.0.9:8080", "peer": "-", "flags": "NR", "details": "filter_chain_not_found"}),
        ];
        let caller = |attempt, local: &str, has_sidecar, port| Caller {
            attempt,
            local: local.to_owned(),
            has_sidecar,
            application: None,
            port,
        };
        let by_id = log_view(&entries, &caller("a1", "10.244.0.6:1", false, 8080)).unwrap();
        assert_eq!((by_id.peer.as_deref(), by_id.by), (Some("spiffe://http"), BY_REQUEST));
        assert_eq!(
            log_view(&entries, &caller("x", "10.244.0.5:1", true, 9000)).unwrap().peer.as_deref(),
            Some("spiffe://tcp")
        );
        assert_eq!(log_view(&entries, &caller("x", "10.244.0.5:1", false, 9000)), None);
        let refused = log_view(&entries, &caller("x", "10.244.0.7:6000", false, 8080)).unwrap();
        assert_eq!(
            (refused.peer, refused.flags.as_deref(), refused.reason.as_deref()),
            (None, Some("NR"), Some("filter_chain_not_found"))
        );
    }

    #[test]
    fn a_caller_whose_port_was_changed_is_matched_by_the_application_connection() {
        let entries = [
            json!({"remote": "10.244.0.5:4000", "local_address": "10.244.0.9:9000", "upstream_local": "127.0.0.6:41000", "peer": "spiffe://other"}),
            json!({"remote": "10.244.0.5:24686", "local_address": "10.244.0.9:9000", "upstream_local": "127.0.0.6:42000", "peer": "spiffe://this"}),
        ];
        let application = Some("127.0.0.6:42000".to_owned());
        let caller =
            Caller { attempt: "x", local: "10.244.0.5:4001".to_owned(), has_sidecar: false, application, port: 9000 };
        let found = log_view(&entries, &caller).unwrap();
        assert_eq!((found.peer.as_deref(), found.by), (Some("spiffe://this"), "application"));
    }
}
