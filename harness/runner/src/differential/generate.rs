//! Policies by chance, of the forms that people write.
//!
//! Each policy is valid for the API server. Names and ages vary, so that of several policies for one pod any may be the
//! oldest.

use serde_json::{Map, Value, json};

use super::names::{LABEL, NAMESPACES, PORTS, TRUST_DOMAIN, marker};
use crate::stack::istio;

/// The source of chance.
pub(super) struct Generator(fastrand::Rng);

impl Generator {
    pub(super) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// The policies of a batch. The last one is its marker.
    pub(super) fn batch(&mut self, number: usize) -> Vec<Value> {
        let mut policies = Vec::new();
        for namespace in NAMESPACES.into_iter().chain([istio::NAMESPACE]) {
            let is_root = namespace == istio::NAMESPACE;
            for index in 0..self.0.usize(0..if is_root { 2 } else { 5 }) {
                let spec = self.peer_authentication();
                policies.push(self.policy("PeerAuthentication", namespace, number, index, &spec));
            }
            for index in 0..self.0.usize(0..if is_root { 2 } else { 4 }) {
                let spec = self.authorization_policy();
                policies.push(self.policy("AuthorizationPolicy", namespace, number, index, &spec));
            }
        }
        self.0.shuffle(&mut policies);
        let nobody =
            json!({"action": "DENY", "rules": [{"from": [{"source": {"namespaces": ["no-such-namespace"]}}]}]});
        let mut last = self.policy("AuthorizationPolicy", istio::NAMESPACE, number, 0, &nobody);
        last["metadata"]["name"] = json!(marker(number));
        policies.push(last);
        policies
    }

    fn policy(&mut self, kind: &str, namespace: &str, batch: usize, index: usize, spec: &Value) -> Value {
        let version = self.one(&["v1", "v1beta1"]);
        // The first letter varies, because names break ties of age.
        let letter = self.one(&["a", "m", "z"]);
        json!({
            "apiVersion": format!("security.istio.io/{version}"), "kind": kind, "spec": spec,
            "metadata": {"namespace": namespace, "name": format!("{letter}-{batch}-{index}"), "labels": {LABEL: "policy"}},
        })
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.0.usize(0..of.len())]
    }

    fn often(&mut self, percent: u8) -> bool {
        self.0.u8(0..100) < percent
    }

    /// Labels that some pods of the bed have, and some that none has.
    fn selector(&mut self) -> Value {
        let mut labels = Map::new();
        for (key, values) in [
            ("app", ["api", "web", "none"]),
            ("tier", ["x", "y", "x"]),
            ("security.istio.io/tlsMode", ["istio", "istio", "disabled"]),
        ] {
            if self.often(40) {
                labels.insert(key.to_owned(), json!(self.one(&values)));
            }
        }
        json!({ "matchLabels": labels })
    }

    fn mode(&mut self) -> Value {
        json!({"mode": self.one(&["STRICT", "PERMISSIVE", "DISABLE", "UNSET"])})
    }

    fn peer_authentication(&mut self) -> Value {
        let mut spec = json!({});
        let selector = self.selector();
        let is_narrow = self.often(60) && selector["matchLabels"] != json!({});
        if is_narrow || self.often(10) {
            spec["selector"] = selector;
        }
        let has_labels = spec["selector"]["matchLabels"].as_object().is_some_and(|labels| !labels.is_empty());
        if self.often(80) {
            spec["mtls"] = self.mode();
        }
        if has_labels && self.often(60) {
            let ports: Vec<u16> = PORTS.iter().copied().filter(|_| self.often(40)).collect();
            let modes = ports.into_iter().map(|port| (port.to_string(), self.mode()));
            let modes: Map<String, Value> = modes.collect();
            if !modes.is_empty() {
                spec["portLevelMtls"] = Value::Object(modes);
            }
        }
        spec
    }

    fn authorization_policy(&mut self) -> Value {
        let mut spec = json!({});
        if self.often(60) {
            spec["selector"] = self.selector();
        }
        match self.one(&["", "ALLOW", "ALLOW", "DENY", "AUDIT"]) {
            "" => {}
            action => spec["action"] = json!(action),
        }
        let rules: Vec<Value> = (0..self.0.usize(0..3)).map(|_| self.rule()).collect();
        // The API server refuses a DENY policy without rules.
        if rules.is_empty() && !matches!(spec["action"].as_str(), None | Some("ALLOW")) {
            spec["rules"] = json!([{}]);
        } else if !rules.is_empty() {
            spec["rules"] = json!(rules);
        }
        spec
    }

    fn rule(&mut self) -> Value {
        let mut rule = json!({});
        if self.often(70) {
            rule["from"] = json!((0..self.0.usize(1..3)).map(|_| json!({"source": self.source()})).collect::<Vec<_>>());
        }
        if self.often(60) {
            rule["to"] =
                json!((0..self.0.usize(1..3)).map(|_| json!({"operation": self.operation()})).collect::<Vec<_>>());
        }
        if self.often(25) {
            rule["when"] = json!([self.condition()]);
        }
        rule
    }

    fn values(&mut self, of: &[String]) -> Value {
        let count = self.0.usize(1..3);
        json!((0..count).map(|_| of[self.0.usize(0..of.len())].clone()).collect::<Vec<_>>())
    }

    fn source(&mut self) -> Value {
        let of = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<String>>();
        let account = |trust_domain: &str| format!("{trust_domain}/ns/{}/sa/client", NAMESPACES[0]);
        let principals = [
            account(TRUST_DOMAIN),
            account("cluster.local"),
            account("other.test"),
            account("*"),
            format!("spiffe://{}", account(TRUST_DOMAIN)),
            "*".to_owned(),
            format!("{TRUST_DOMAIN}/*"),
            "*/sa/client".to_owned(),
            format!("{TRUST_DOMAIN}/ns/{}/sa/server", NAMESPACES[1]),
        ];
        let namespaces = of(&[NAMESPACES[0], NAMESPACES[1], "mesh-check-*", "*", "elsewhere"]);
        let accounts = [format!("{}/client", NAMESPACES[0]), "client".to_owned(), "server".to_owned()];
        let blocks = of(&["10.0.0.0/8", "192.0.2.1"]);
        let mut source = Map::new();
        match self.0.u8(0..10) {
            // `serviceAccounts` may not stand beside principals or namespaces.
            0 => drop(source.insert("serviceAccounts".to_owned(), self.values(&accounts))),
            1 => drop(source.insert("notServiceAccounts".to_owned(), self.values(&accounts))),
            2 => drop(source.insert("ipBlocks".to_owned(), self.values(&blocks))),
            3 => drop(source.insert("notPrincipals".to_owned(), self.values(&principals))),
            4 => drop(source.insert("notNamespaces".to_owned(), self.values(&namespaces))),
            5 => drop(source.insert("namespaces".to_owned(), self.values(&namespaces))),
            6 => {
                source.insert("namespaces".to_owned(), self.values(&namespaces));
                source.insert("notPrincipals".to_owned(), self.values(&principals));
            }
            _ => drop(source.insert("principals".to_owned(), self.values(&principals))),
        }
        Value::Object(source)
    }

    fn operation(&mut self) -> Value {
        let of = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<String>>();
        let ports: Vec<String> = PORTS.iter().map(u16::to_string).collect();
        let mut operation = Map::new();
        for (key, values, percent) in [
            ("ports", ports.clone(), 50),
            ("notPorts", ports, 10),
            ("methods", of(&["GET", "POST", "*"]), 30),
            ("notMethods", of(&["DELETE", "GET"]), 10),
            ("paths", of(&["/metrics", "/met*", "*rics", "/api/*", "*"]), 30),
            ("notPaths", of(&["/metrics", "/admin*"]), 10),
            ("hosts", of(&["api.test"]), 5),
        ] {
            if self.often(percent) {
                operation.insert(key.to_owned(), self.values(&values));
            }
        }
        if operation.is_empty() {
            operation.insert("ports".to_owned(), json!(["8080"]));
        }
        Value::Object(operation)
    }

    fn condition(&mut self) -> Value {
        let (key, values) = self.one(&[
            ("source.principal", ["cluster.local/ns/mesh-check-a/sa/client", "*/sa/server"]),
            ("source.namespace", ["mesh-check-a", "elsewhere"]),
            ("destination.port", ["8080", "9000"]),
            ("source.ip", ["10.0.0.0/8", "192.0.2.1"]),
            ("request.headers[x-team]", ["a", "b*"]),
            ("connection.sni", ["a", "b"]),
        ]);
        let which = self.one(&["values", "notValues"]);
        json!({"key": key, which: [self.one(&values)]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_policies() {
        let batch = |seed| Generator::new(seed).batch(1);
        assert_eq!(batch(1), batch(1));
        assert_ne!(batch(1), batch(2));
        assert_eq!(batch(1).last().unwrap()["metadata"]["name"], "marker-1");
    }

    #[test]
    fn ports_of_a_policy_need_a_selector() {
        let mut generator = Generator::new(7);
        for _ in 0..500 {
            let spec = generator.peer_authentication();
            let labels = spec["selector"]["matchLabels"].as_object().map_or(0, Map::len);
            assert!(spec["portLevelMtls"].is_null() || labels > 0, "{spec}");
        }
    }
}
