//! `cargo xtask images`: gets, builds, pulls, exports and lists the images of the stack.

pub(super) mod progress;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use mtls_images::{BuildRequest, BuiltStack, NodeBase, Proof, PullRequest, StackName};

use super::node_image::{Source, Versions};

/// Arguments of `images`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    versions: Versions,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Get the images that `e2e` needs: from the cache, from a registry that answers, or built from source. One line
    /// states which, and why.
    Get(Source),
    /// Build from source what is not in the cache, and load the node image into the engine.
    Build,
    /// Pull upstream's images by digest, and make a node image of them. Records digests in stack.yaml; an image that
    /// the registry lacks is an error.
    Pull(PullArgs),
    /// Write docker-archives for `docker load`, `ctr images import` and `kind load image-archive`.
    Export {
        /// The folder for one file per image, and `node.tar`.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Test `pull` with a local registry on loopback.
    Selftest,
    /// Show every component with its version, its images, its size, and whether it is in the cache.
    List,
}

/// Arguments of `images pull`.
#[derive(Debug, clap::Args)]
struct PullArgs {
    /// Prefix of every upstream name: `HOST:PORT` or `HOST:PORT/PATH`.
    #[arg(long, value_name = "HOST:PORT")]
    mirror: Option<String>,
    /// Base on this node image (`kindest/node:…`) instead of the one built from source.
    #[arg(long, value_name = "IMAGE")]
    node_image: Option<String>,
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let request = request(&args.versions.stack)?;
    match args.action {
        Action::Get(source) => drop(super::node_image::supplied(&source.request(request)).await?),
        Action::Build => drop(build(&request).await?),
        Action::Export { out } => export(&request, &out)?,
        Action::List => list(&request)?,
        Action::Pull(args) => pull(request, args).await?,
        Action::Selftest => selftest(&request).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The request for this workspace, the user's cache, and a set of versions.
pub(crate) fn request(stack: &StackName) -> anyhow::Result<BuildRequest> {
    Ok(BuildRequest {
        workspace: workspace()?,
        cache: mtls_images::default_cache_directory()
            .context("no cache directory: set HOME or XDG_CACHE_HOME to an absolute path")?,
        stack: stack.clone(),
    })
}

/// Builds what is missing and shows the progress.
async fn build(request: &BuildRequest) -> anyhow::Result<BuiltStack> {
    let start = std::time::Instant::now();
    let mut progress = progress::for_this_output();
    let built = mtls_images::build(request, progress.as_mut()).await?;
    drop(progress);
    let mut out = std::io::stdout().lock();
    writeln!(out, "{} holds {} images; {:.1} s", built.node_image, built.images.len(), start.elapsed().as_secs_f32())?;
    Ok(built)
}

async fn pull(build: BuildRequest, args: PullArgs) -> anyhow::Result<()> {
    let start = std::time::Instant::now();
    let base = args.node_image.map_or(NodeBase::Built, NodeBase::Image);
    let request = PullRequest { build, mirror: args.mirror, base };
    let mut progress = progress::for_this_output();
    let pulled = mtls_images::pull(&request, progress.as_mut()).await?;
    drop(progress);
    let mut out = std::io::stdout().lock();
    let (name, count, took) = (&pulled.node_image, pulled.images.len(), start.elapsed().as_secs_f32());
    writeln!(out, "{name} holds {count} images; {took:.1} s\n  cargo xtask up --node-image {name}")?;
    Ok(())
}

fn export(request: &BuildRequest, to: &Path) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for file in mtls_images::export(request, to)? {
        writeln!(out, "{:>6} MB  {}  {}", file.size / 1_000_000, file.path.display(), file.image)?;
    }
    Ok(())
}

async fn selftest(request: &BuildRequest) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match mtls_images::selftest(request).await? {
        Proof::Held(steps) => {
            for step in steps {
                writeln!(out, "ok       {step}")?;
            }
        }
        Proof::Skipped(reason) => writeln!(out, "SKIPPED, nothing was tested: {reason}")?,
    }
    Ok(())
}

fn list(request: &BuildRequest) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{:14} {:10} {:>9}  images", "component", "version", "MB")?;
    for row in mtls_images::list(request)? {
        let size = row.size.map_or("not built".to_owned(), |bytes| (bytes / 1_000_000).to_string());
        writeln!(out, "{:14} {:10} {size:>9}  {}", row.component, row.version, row.images.join(" "))?;
    }
    if let Some(built) = mtls_images::current(request) {
        writeln!(out, "node image: {}", built.node_image)?;
    }
    Ok(())
}

/// The root folder of the workspace, from the variable that cargo sets.
fn workspace() -> anyhow::Result<PathBuf> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(std::env::current_dir, |directory| Ok(PathBuf::from(directory)))?;
    package
        .ancestors()
        .find(|directory| directory.join("fixtures/stack/stack.yaml").is_file())
        .map(Path::to_owned)
        .with_context(|| format!("{} is not inside the workspace", package.display()))
}
