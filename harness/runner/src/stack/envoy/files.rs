//! The files that one Envoy reads: bootstrap, listeners, clusters, and two secrets per sidecar.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{
    EnvoyError, Role, Sidecar, Sidecars, Validator, inbound, outbound, proxy,
    resource::{sds_folder, socket},
    template::{BOOTSTRAP as BOOTSTRAP_TEMPLATE, SECRET_DEFAULT, SECRET_ROOTCA_CA, SECRET_ROOTCA_SPIFFE},
};

/// Relative to the folder.
pub(super) const BOOTSTRAP: &str = "bootstrap.json";
/// Watched by Envoy: a file that is renamed into it takes effect.
const XDS: &str = "xds";

/// Contents by path relative to the folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Files(BTreeMap<PathBuf, Value>);

/// Renders every file for these sidecars.
///
/// # Errors
///
/// When a policy uses a feature that only istiod understands.
pub fn render(all: &Sidecars<'_>) -> Result<Files, EnvoyError> {
    let (mut listeners, mut clusters, mut files) = (Vec::new(), Vec::new(), BTreeMap::new());
    for one in &all.sidecars {
        match &one.role {
            Role::Server { sidecar, application } => {
                let (listener, behind) = inbound::server(all, one, *sidecar, *application)?;
                listeners.push(listener);
                clusters.extend(behind);
            }
            Role::Proxy { proxy, application } => {
                let (listener, behind) = proxy::proxy(all, one, *proxy, *application)?;
                listeners.push(listener);
                clusters.push(behind);
                // A proxy refers to its certificate files directly.
                continue;
            }
            Role::Caller { address, towards } => {
                let (more, behind) = outbound::caller(all, one, *address, towards)?;
                listeners.extend(more);
                clusters.extend(behind);
            }
        }
        files.extend(secrets(all, one)?);
    }
    let typed = |kind: &str, mut resource: Value| {
        resource["@type"] = json!(format!("type.googleapis.com/envoy.config.{kind}"));
        resource
    };
    let resources = |kind: &str, list: Vec<Value>| json!({"resources": list.into_iter().map(|one| typed(kind, one)).collect::<Vec<_>>()});
    files.insert(Path::new(XDS).join("lds.json"), resources("listener.v3.Listener", listeners));
    files.insert(Path::new(XDS).join("cds.json"), resources("cluster.v3.Cluster", clusters));
    let bootstrap = BOOTSTRAP_TEMPLATE.fill(&[
        ("admin", socket(&all.admin.ip().to_string(), all.admin.port())),
        ("xds", json!(all.folder.join(XDS))),
    ])?;
    files.insert(PathBuf::from(BOOTSTRAP), bootstrap);
    Ok(Files(files))
}

impl Files {
    /// Writes the files below `folder`, each by a rename, so that Envoy never reads a partial file. Clusters are
    /// written before the listeners that refer to them. Unchanged files are not rewritten.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<Changed, EnvoyError> {
        let mut changed = Changed::Nothing;
        let listeners = Path::new(XDS).join("lds.json");
        let (last, first): (Vec<_>, Vec<_>) = self.0.iter().partition(|(path, _)| **path == listeners);
        for (path, value) in first.into_iter().chain(last) {
            let target = folder.join(path);
            let text = value.to_string();
            if fs::read_to_string(&target).is_ok_and(|before| before == text) {
                continue;
            }
            if *path == listeners {
                changed = Changed::Listeners;
            }
            replace(&target, &text).map_err(|source| EnvoyError::Write { path: target, source })?;
        }
        Ok(changed)
    }
}

/// The effect of a write on a running Envoy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    Listeners,
    Nothing,
}

fn secrets(all: &Sidecars<'_>, one: &Sidecar) -> Result<[(PathBuf, Value); 2], EnvoyError> {
    let place = sds_folder(Path::new(""), one);
    let certificates = ("certificates", json!(one.certificates));
    let root = match one.validator {
        Validator::Spiffe => {
            SECRET_ROOTCA_SPIFFE.fill(&[certificates.clone(), ("trust-domain", json!(all.trust_domain))])?
        }
        Validator::TrustedCa => SECRET_ROOTCA_CA.fill(std::slice::from_ref(&certificates))?,
    };
    let own = SECRET_DEFAULT.fill(&[certificates])?;
    Ok([
        (place.join("default.json"), json!({"resources": [own]})),
        (place.join("ROOTCA.json"), json!({"resources": [root]})),
    ])
}

fn replace(target: &Path, text: &str) -> std::io::Result<()> {
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    let next = target.with_extension("json.next");
    fs::write(&next, text)?;
    fs::rename(next, target)
}
