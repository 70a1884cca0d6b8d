//! The node image a world is made from: built when it has to be, or one that the user names.

use anyhow::{Result, bail};
use harness::{cluster::Engine, images, stack::origins};
use serde_json::{Value, json};

/// A node image that is in the engine, and what the report must say about its contents.
pub(crate) struct NodeImage {
    pub(crate) name: String,
    pub(crate) facts: Vec<(String, Value)>,
}

/// The image named by the user, else the one built from `fixtures/stack`; builds what the cache lacks.
pub(crate) async fn node_image(named: Option<&str>, engine: &Engine) -> Result<NodeImage> {
    if let Some(name) = named {
        if !engine.has_image(name).await? {
            bail!(
                "image {name} is not in the engine; pull it, or leave --node-image out to use the one built from source"
            );
        }
        return Ok(NodeImage {
            name: name.to_owned(),
            facts: vec![("node-image".to_owned(), json!({"name": name, "origin": "named by the user"}))],
        });
    }
    let request = super::images::request()?;
    let current = match images::current(&request) {
        Some(current) if engine.has_image(&current.node_image).await? => current,
        _ => super::images::build(&request).await?,
    };
    Ok(NodeImage { facts: origins(&current), name: current.node_image })
}
