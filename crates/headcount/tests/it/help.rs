//! What the program says about itself. `docs/cli.md` locks the full help.

use crate::run::Home;

#[test]
fn the_short_help_fits_a_screen() {
    insta::assert_snapshot!(Home::new().ok(&["-h"]));
}

#[test]
fn a_wrong_option_is_a_usage_error_with_a_suggestion() {
    let told = Home::new().fails(&["users", "--colums", "name"], 2);
    assert!(told.contains("--columns"), "{told}");
    assert!(Home::new().fails(&["cuont"], 2).contains("count"));
    assert!(Home::new().fails(&[], 2).contains("Usage"));
}

#[test]
fn numbers_out_of_range_are_usage_errors() {
    for arguments in [
        &["sync", "--page-size", "1"][..],
        &["sync", "--concurrency", "0"],
        &["sync", "--requests-per-minute", "0"],
        &["sandbox", "--rate-limit", "0"],
        &["sandbox", "--listen", "nowhere"],
        &["sync", "--accept", "--dry-run"],
        &["count"],
    ] {
        Home::new().fails(arguments, 2);
    }
}

#[test]
fn completions_and_manual_speak_of_every_command() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = home.ok(&["completions", shell]);
        assert!(
            script.contains("snapshots") && script.contains("as-of"),
            "{shell}"
        );
    }
    let manual = home.ok(&["man"]);
    assert!(manual.starts_with(".ie"), "not roff: {}", &manual[..40]);
    for command in [
        "demo",
        "sandbox",
        "doctor",
        "sync",
        "users",
        "count",
        "history",
        "snapshots",
        "client",
        "client\\-create",
        "token\\-revoke",
    ] {
        assert!(
            manual.contains(&format!("headcount\\-{command} ")),
            "{command} is not in the manual"
        );
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        Home::new().ok(&["--version"]),
        format!("headcount {version}\n")
    );
}
