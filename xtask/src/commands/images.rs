//! `cargo xtask images`: build the stack's images, and say what there is.

mod progress;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use harness::images::{self, BuildRequest, BuiltStack};

/// Arguments of `images`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Build whatever is not in the cache, and hand the node image to the engine.
    Build,
    /// Show every component with its version, its images, its size, and whether it is in the cache.
    List,
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let request = request()?;
    match args.action {
        Action::Build => drop(build(&request).await?),
        Action::List => list(&request)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// This workspace, and the user's cache.
pub(crate) fn request() -> anyhow::Result<BuildRequest> {
    Ok(BuildRequest {
        workspace: workspace()?,
        cache: images::default_cache_directory()
            .context("no cache directory: set HOME or XDG_CACHE_HOME to an absolute path")?,
    })
}

/// Builds what is missing, showing how far it is.
pub(crate) async fn build(request: &BuildRequest) -> anyhow::Result<BuiltStack> {
    let start = std::time::Instant::now();
    let mut progress = progress::for_this_output();
    let built = images::build(request, progress.as_mut()).await?;
    drop(progress);
    let mut out = std::io::stdout().lock();
    writeln!(out, "{} holds {} images; {:.1} s", built.node_image, built.images.len(), start.elapsed().as_secs_f32())?;
    Ok(built)
}

fn list(request: &BuildRequest) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{:14} {:10} {:>9}  images", "component", "version", "MB")?;
    for row in images::list(request)? {
        let size = row.size.map_or("not built".to_owned(), |bytes| (bytes / 1_000_000).to_string());
        writeln!(out, "{:14} {:10} {size:>9}  {}", row.component, row.version, row.images.join(" "))?;
    }
    if let Some(built) = images::current(request) {
        writeln!(out, "node image: {}", built.node_image)?;
    }
    Ok(())
}

/// The folder of the workspace's Cargo.toml, from where cargo runs this program.
fn workspace() -> anyhow::Result<PathBuf> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(std::env::current_dir, |directory| Ok(PathBuf::from(directory)))?;
    package
        .ancestors()
        .find(|directory| directory.join("fixtures/stack/stack.yaml").is_file())
        .map(Path::to_owned)
        .with_context(|| format!("{} is not inside the workspace", package.display()))
}
