//! The protocol of a port: what its Service declares (`pkg/config/kube/conversion.go`, `ConvertProtocol`).

/// What a proxy believes of the traffic of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Requests are seen: rules about methods, paths and hosts apply.
    Http,
    /// Connections only.
    Tcp,
    /// The proxy looks at the first bytes, so either of the two.
    Sniffed,
    /// Not redirected to the proxy.
    Udp,
}

/// A port of a Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServicePort<'a> {
    /// The port of the Service, not of the pod.
    pub port: u16,
    pub name: Option<&'a str>,
    /// `TCP` unless it says otherwise.
    pub transport: Option<&'a str>,
    pub app_protocol: Option<&'a str>,
}

/// Ports that are TCP unless they declare something: SMTP, DNS, `MySQL`, `MongoDB`.
const SERVER_FIRST: [u16; 4] = [25, 53, 3306, 27_017];

/// The protocol that a Service's port declares: by `appProtocol`, otherwise by the part of its name before `-`.
pub fn protocol_of(port: ServicePort<'_>) -> Protocol {
    if port.transport == Some("UDP") {
        return Protocol::Udp;
    }
    let declared = match port.app_protocol {
        Some("kubernetes.io/h2c") => "http2",
        Some("kubernetes.io/ws") => "http",
        Some("kubernetes.io/wss") => "https",
        Some(other) => other,
        None => port.name.unwrap_or_default(),
    };
    let declared = declared.to_ascii_lowercase();
    if declared.starts_with("grpc-web") {
        return Protocol::Http;
    }
    match declared.split('-').next().unwrap_or_default() {
        "http" | "http2" | "http_proxy" | "grpc" => Protocol::Http,
        "tcp" | "https" | "tls" | "mongo" | "redis" | "mysql" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        _ if SERVER_FIRST.contains(&port.port) => Protocol::Tcp,
        _ => Protocol::Sniffed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_app_protocols_decide() {
        let of = |name, app_protocol, port| {
            protocol_of(ServicePort { port, name: Some(name), transport: None, app_protocol })
        };
        for (name, app, port, expected) in [
            ("http", None, 80, Protocol::Http),
            ("http-api", None, 80, Protocol::Http),
            ("HTTP2-x", None, 80, Protocol::Http),
            ("grpc-web-x", None, 80, Protocol::Http),
            ("tcp-metrics", None, 80, Protocol::Tcp),
            ("metrics", None, 80, Protocol::Sniffed),
            ("httpish", None, 80, Protocol::Sniffed),
            ("metrics", Some("http"), 80, Protocol::Http),
            ("http", Some("tcp"), 80, Protocol::Tcp),
            ("http", Some("kubernetes.io/wss"), 80, Protocol::Tcp),
            ("x", Some("kubernetes.io/h2c"), 80, Protocol::Http),
            ("db", None, 3306, Protocol::Tcp),
            ("db", None, 5432, Protocol::Sniffed),
            ("http", None, 3306, Protocol::Http),
        ] {
            assert_eq!(of(name, app, port), expected, "{name} {app:?} {port}");
        }
        let udp = ServicePort { port: 80, name: Some("http"), transport: Some("UDP"), app_protocol: Some("http") };
        assert_eq!(protocol_of(udp), Protocol::Udp);
    }
}
