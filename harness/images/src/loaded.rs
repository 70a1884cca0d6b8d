//! Images of the cache in the engine: loaded as one docker-archive, and forgotten when the cache has forgotten them.

use bytes::Bytes;
use futures::Stream;
use mtls_engine::Engine;

use super::archive::{self, Built};
use super::error::BuildError;
use super::stream;

/// Loads images into the engine.
pub(super) async fn load(engine: &Engine, images: Vec<Built>) -> Result<(), BuildError> {
    let described = match images.as_slice() {
        [one] => one.reference.clone(),
        many => format!("{} images", many.len()),
    };
    Ok(engine.load_images(&described, archive_stream(images)).await?)
}

/// Images as one docker-archive, written while it is read.
pub(super) fn archive_stream(images: Vec<Built>) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    let (mut writer, stream) = stream::writer();
    // The stream's end or error reports how this task ended, so its handle is not needed.
    drop(tokio::task::spawn_blocking(move || {
        if let Err(error) = archive::write(&images, &mut writer) {
            writer.fail(error);
        }
    }));
    stream
}

/// Removes images of a repository, by tag or digest, except the kept ones. Images in use stay.
pub(super) async fn forget(engine: &Engine, repository: &str, kept: &[String]) {
    let names = engine.image_names(repository).await.unwrap_or_default();
    for name in names.iter().filter(|name| !kept.contains(name)) {
        // Best-effort cleanup: the engine refuses to remove an image that a container uses.
        let _ = engine.remove_image(name).await;
    }
}
