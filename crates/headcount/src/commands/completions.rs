//! `headcount completions`: completions for a shell.

use clap::CommandFactory;

use crate::{cli::Cli, output};

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount completions bash > ~/.local/share/bash-completion/completions/headcount
  headcount completions zsh > ~/.zfunc/_headcount")]
pub(crate) struct Args {
    /// Shell to complete for
    #[arg(value_name = "SHELL", value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    // The generator panics on a closed pipe; a buffer can't fail.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "headcount", &mut script);
    output::stdout(|out| Ok(out.write_all(&script)?))
}
