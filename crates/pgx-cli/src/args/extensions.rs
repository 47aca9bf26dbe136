//! How extensions are restored.

/// The switches about extensions.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
#[command(next_help_heading = "Behaviour")]
pub(crate) struct ExtensionArgs {
    /// Extensions in the versions of the archive [default: those the target prefers]
    #[arg(long)]
    pub(crate) extension_versions: bool,
}
