//! `headcount man`: the manual page.

use clap::CommandFactory;

use crate::{cli::Cli, output};

/// Print the manual page, in roff
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount man > ~/.local/share/man/man1/headcount.1
  headcount man | man -l -")]
pub(crate) struct Args {}

/// Runs the command: one page for the program, then a chapter for each command.
pub(crate) fn run(_args: &Args) -> anyhow::Result<()> {
    let page = page()?;
    output::stdout(|out| Ok(out.write_all(&page)?))
}

fn page() -> std::io::Result<Vec<u8>> {
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    chapters(&command, "headcount", &mut page)?;
    Ok(page)
}

/// A chapter for each command of `command`, and for those of its own.
fn chapters(command: &clap::Command, parent: &str, page: &mut Vec<u8>) -> std::io::Result<()> {
    for subcommand in command.get_subcommands() {
        let name = format!("{parent}-{}", subcommand.get_name());
        let man = clap_mangen::Man::new(subcommand.clone()).title(&name);
        man.render_name_section(page)?;
        man.render_synopsis_section(page)?;
        man.render_description_section(page)?;
        man.render_options_section(page)?;
        man.render_extra_section(page)?;
        chapters(subcommand, &name, page)?;
    }
    Ok(())
}
