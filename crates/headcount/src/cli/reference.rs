//! `docs/cli.md` is the help of every command, written by this test and locked by it.

use clap::{Command, CommandFactory};

use super::Cli;

fn reference() -> String {
    let mut command = Cli::command().term_width(100);
    command.build();
    let mut text = String::from(
        "# Command line\n\n\
         Generated from the program's own help; `just docs` writes it again.\n",
    );
    let program = command.clone().render_long_help().to_string();
    text += &section("headcount", &program);
    sections(&command, "headcount", &mut text);
    text
}

/// A section for each command of `command`, and for those of its own.
fn sections(command: &Command, parent: &str, text: &mut String) {
    for subcommand in command.get_subcommands() {
        let title = format!("{parent} {}", subcommand.get_name());
        // Said once, at the top; repeated under ten commands it would bury what differs.
        let own = subcommand.clone().mut_args(|arg| {
            let shared = arg.get_help_heading() == Some("Global options");
            if shared { arg.hide(true) } else { arg }
        });
        let help = own.term_width(100).render_long_help().to_string();
        *text += &section(&title, &help);
        sections(subcommand, &title, text);
    }
}

fn section(title: &str, help: &str) -> String {
    let lines: Vec<&str> = help.trim().lines().map(str::trim_end).collect();
    format!("\n## {title}\n\n```text\n{}\n```\n", lines.join("\n"))
}

#[test]
fn reference_is_what_the_program_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md");
    let wanted = reference();
    if option_env("HEADCOUNT_WRITE_DOCS") {
        std::fs::write(path, &wanted).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == wanted,
        "docs/cli.md is not what the program says; run `just docs`"
    );
}

#[expect(clippy::disallowed_methods, reason = "a switch of this test alone")]
fn option_env(name: &str) -> bool {
    std::env::var(name).is_ok()
}

#[test]
fn every_command_has_examples_that_parse() {
    let mut command = Cli::command();
    command.build();
    examples_parse(&command);
}

fn examples_parse(command: &Command) {
    for subcommand in command.get_subcommands() {
        let help = subcommand
            .get_after_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        let mut examples = 0;
        for line in help
            .lines()
            .filter_map(|line| line.trim().strip_prefix("headcount "))
        {
            // What follows two blanks, a pipe or an arrow is not ours to parse.
            let line = line.split("  ").next().unwrap_or(line);
            let line = line.split(['|', '>']).next().unwrap_or(line);
            let words = shell_words(line);
            let given = std::iter::once("headcount".to_owned()).chain(words);
            Cli::command()
                .try_get_matches_from(given)
                .unwrap_or_else(|error| panic!("`headcount {line}`: {error}"));
            examples += 1;
        }
        assert!(examples > 0, "{} has no examples", subcommand.get_name());
        examples_parse(subcommand);
    }
}

fn shell_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split(['\'', '"']).enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}
