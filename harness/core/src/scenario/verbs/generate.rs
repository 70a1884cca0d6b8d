//! What is made from the table of verbs. Names are those of the module that holds the table.

/// Makes of the table the steps as written and as resolved, and the dispatch to the verbs.
macro_rules! verbs {
    ($dollar:tt; $($verb:ident: $variant:ident($spec:ident) = $name:tt,)+) => {
        $(use $verb::$spec;)+

        /// What a step does.
        #[derive(Clone, Debug, Serialize)]
        pub enum Action {
            $(#[serde(rename = $name)] $variant($spec),)+
        }

        /// The words of all verbs.
        pub(in crate::scenario) const NAMES: &[&str] = &[$($name,)+];

        $(impl Named for $spec {
            const NAME: &'static str = $name;
        })+

        /// One row for each verb.
        pub fn rows() -> Vec<Row> {
            vec![$(Row { name: $name, about: <$spec as Verb>::ABOUT },)+]
        }

        /// One step as written: exactly one verb.
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(in crate::scenario) struct WrittenStep {
            pub(in crate::scenario) id: Option<String>,
            pub(in crate::scenario) description: Option<String>,
            $(#[serde(rename = $name)] $verb: Option<<$spec as Verb>::Written>,)+
            pub(in crate::scenario) requirements: Option<Evidence>,
            pub(in crate::scenario) expect: Option<BTreeMap<String, Value>>,
            pub(in crate::scenario) deviates: Option<Deviates>,
            pub(in crate::scenario) eventually: Option<Span>,
            pub(in crate::scenario) always: Option<Span>,
            pub(in crate::scenario) never: Option<Span>,
            pub(in crate::scenario) timeout: Option<String>,
        }

        impl JsonSchema for WrittenStep {
            fn schema_name() -> Cow<'static, str> {
                "Step".into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let mut branches = Vec::new();
                $(
                    let parameters = generator.subschema_for::<<$spec as Verb>::Written>();
                    branches.push(branch($name, &<$spec as Verb>::ABOUT, &parameters, generator));
                )+
                json_schema!({"description": "One step: exactly one verb.", "oneOf": branches})
            }
        }

        impl WrittenStep {
            /// The actions of the step, in the order of the table, and the words of its verbs. An action that is of no use is
            /// missing, which has been reported.
            pub(in crate::scenario) fn resolve(
                &mut self,
                node: &Node,
                step: &str,
                resolver: &mut Resolver<'_>,
            ) -> (Vec<Action>, Vec<&'static str>) {
                let (mut actions, mut words) = (Vec::new(), Vec::new());
                let deviation = self.deviates.as_ref().map(|known| known.observed.as_str());
                $(if let Some(written) = self.$verb.take() {
                    let site = Site { node: node.nearest(&[$name]), step, deviation };
                    actions.extend(<$spec as Verb>::resolve(written, &site, resolver).map(Action::$variant));
                    words.push($name);
                })+
                (actions, words)
            }
        }

        /// Does the same with the parameters of an [`Action`], whichever verb it is: `with_verb!(action, spec => spec.run())`.
        #[macro_export]
        macro_rules! with_verb {
            ($dollar action:expr, $dollar spec:ident => $dollar body:expr) => {
                match $dollar action {
                    $($crate::scenario::verbs::Action::$variant($dollar spec) => $dollar body,)+
                }
            };
        }
    };
}
