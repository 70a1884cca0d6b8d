//! `trust`: a Secret's `ca.crt` becomes the roots of other Secrets.
//!
//! It stands in for whatever hands out trust bundles; certificates only, no key is read.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use k8s_openapi::ByteString;
use serde_json::json;

use super::inspect::{field, read};
use crate::{
    kubernetes::{Inverse, Reference},
    run::context::{Context, Trouble, Undo},
    scenario::model::{Step, Trust},
    wait::{Check, until},
};

/// For roots that are still being made.
const ROOTS_LIMIT: Duration = Duration::from_secs(30);

pub(crate) async fn trust(context: &Context<'_>, step: &Step, trust: &Trust) -> Result<(), Trouble> {
    let mut bundle = Vec::new();
    for root in &trust.roots {
        let what = format!("ca.crt of {root}");
        let found = until(&what, ROOTS_LIMIT, Duration::from_millis(500), async || match read(context, root).await {
            Ok(Some(secret)) => field(&secret, "ca.crt", root).map_or_else(|why| Check::NotYet(why.0), Check::Ready),
            Ok(None) => Check::NotYet("it does not exist".to_owned()),
            Err(trouble) => Check::NotYet(trouble.0),
        });
        bundle.extend(found.await.map_err(|error| Trouble::of(&error))?);
        if !bundle.ends_with(b"\n") {
            bundle.push(b'\n');
        }
    }
    // The loader has checked that it is `namespace/name`.
    let (namespace, name) = trust.store.split_once('/').unwrap_or_default();
    let reference = Reference::new("v1", "Secret", Some(namespace), name);
    let before = context.world.must_get(&reference).await.map_err(|error| Trouble::of(&error))?;
    context.will_undo(&step.id, Undo::Object(Inverse::Restore(Box::new(before))));
    let merge = json!({"data": {"ca.crt": ByteString(bundle)}});
    context.world.merge(&reference, &merge).await.map_err(|error| Trouble::of(&error))?;
    let names: Vec<&str> = trust.roots.iter().filter_map(|root| root.rsplit('/').next()).collect();
    context.mark("bundles", format!("{name}: {}", names.join(" and ")), Timestamp::now(), None, BTreeMap::new());
    Ok(())
}
