//! Which part of the stack is built here, and which comes from elsewhere.
//!
//! Only used parts remain: a component or program that nothing uses is not built, unless the whole component is in
//! the cache already.
//!
//! Not here: whether a registry has an image.

use std::collections::{BTreeMap, BTreeSet};

use super::component::Tools;
use super::error::BuildError;
use super::model::BuildRequest;
use super::plan::Plan;
use super::stack::{BASE_ROOTFS, Base, Image, Stack};

/// Whether the node's root file system and its Kubernetes programs are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeParts {
    /// They are built here.
    Built,
    /// They are part of a node image with kind's contract.
    Brought,
}

/// The declaration without the parts that come from elsewhere.
pub(super) fn ours(mut stack: Stack, is_ours: impl Fn(&Image) -> bool, node: NodeParts) -> Stack {
    stack.images.retain(is_ours);
    if node == NodeParts::Brought {
        let kubernetes = stack.node.kubernetes.clone();
        stack.node.files.retain(|file| file.component != kubernetes);
    }
    let mut wanted: BTreeSet<String> = outputs(&stack).into_keys().map(str::to_owned).collect();
    if stack.images.iter().any(|image| image.base == Base::Debian) {
        wanted.insert(BASE_ROOTFS.to_owned());
    }
    if node == NodeParts::Built {
        wanted.insert(stack.node.rootfs.clone());
        // The node reports its version, even if all its programs came from elsewhere.
        wanted.insert(stack.node.kubernetes.clone());
    }
    stack.components.retain(|component| wanted.contains(&component.id));
    stack
}

/// The plan for that part. A component that is not completely cached is built without its unused programs.
pub(super) fn plan(mut stack: Stack, request: &BuildRequest) -> Result<Plan, BuildError> {
    let tools = Tools::here(&request.workspace);
    let whole = Plan::of(stack.clone(), request, &tools)?;
    let missing: BTreeSet<String> = whole.missing().iter().map(|component| component.id.clone()).collect();
    narrow(&mut stack, &missing);
    Plan::of(stack, request, &tools)
}

fn narrow(stack: &mut Stack, missing: &BTreeSet<String>) {
    let used = stack.clone();
    let used = outputs(&used);
    let none = BTreeSet::new();
    for component in stack.components.iter_mut().filter(|component| missing.contains(&component.id)) {
        component.only(used.get(component.id.as_str()).unwrap_or(&none));
    }
}

/// Component → its outputs that some image or the node contains.
fn outputs(stack: &Stack) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut used: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in stack.images.iter().flat_map(|image| &image.files).chain(&stack.node.files) {
        used.entry(&file.component).or_default().insert(&file.output);
    }
    used
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::stack::Component;

    #[test]
    fn only_what_upstream_does_not_publish_is_built() {
        let stack = ours(shipped(), |image| image.upstream.is_none(), NodeParts::Built);
        assert!(stack.images.iter().all(|image| image.name.starts_with("localhost/")));
        assert!(stack.component("etcd").is_none() && stack.component("kubernetes").is_some());

        let stack = ours(shipped(), |image| image.upstream.is_none(), NodeParts::Brought);
        assert!(stack.component("kubernetes").is_none() && stack.component("node-rootfs").is_none());
        assert!(stack.node.files.iter().any(|file| file.output == "istioctl"));
    }

    #[test]
    fn of_a_component_that_is_not_cached_only_what_is_used_is_built() {
        let mut stack = ours(shipped(), |image| image.upstream.is_none(), NodeParts::Built);
        let whole = stack.clone();
        narrow(&mut stack, &BTreeSet::from(["kubernetes".to_owned()]));
        let outputs = |stack: &Stack, id: &str| -> Vec<String> {
            stack.component(id).map(Component::outputs).unwrap().into_iter().map(str::to_owned).collect()
        };
        assert_eq!(outputs(&stack, "kubernetes"), ["kubeadm", "kubectl", "kubelet"]);
        assert_eq!(outputs(&stack, "istio"), outputs(&whole, "istio"));
        narrow(&mut stack, &BTreeSet::from(["istio".to_owned()]));
        assert_eq!(outputs(&stack, "istio"), ["istioctl"]);
    }

    #[test]
    fn an_image_that_cannot_be_had_brings_its_component_back() {
        let stack =
            ours(shipped(), |image| image.upstream.is_none() || image.name.ends_with("/etcd"), NodeParts::Brought);
        assert!(stack.component("etcd").is_some() && stack.component("coredns").is_none());
    }

    fn shipped() -> Stack {
        Stack::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/stack/stack.yaml")).unwrap()
    }
}
