//! The rules of the house that a compiler does not hold: which crate may know which, and how
//! files are named and sized.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Crates of ours that a crate depends on when it is built, tests aside.
fn depends_on(name: &str) -> Vec<String> {
    let manifest = root().join("crates").join(name).join("Cargo.toml");
    let manifest: toml::Table = fs::read_to_string(manifest).unwrap().parse().unwrap();
    let dependencies = manifest["dependencies"].as_table().unwrap();
    dependencies
        .keys()
        .filter(|name| name.starts_with("headcount"))
        .cloned()
        .collect()
}

#[test]
fn arrows_go_one_way() {
    let allowed = [
        ("headcount-core", &[][..]),
        ("headcount-genesys", &["headcount-core"]),
        ("headcount-store", &["headcount-core"]),
        ("headcount-sandbox", &["headcount-core"]),
        ("headcount-export", &["headcount-core", "headcount-store"]),
        ("headcount-server", &["headcount-core", "headcount-store"]),
        (
            "headcount",
            &[
                "headcount-core",
                "headcount-export",
                "headcount-genesys",
                "headcount-sandbox",
                "headcount-server",
                "headcount-store",
            ],
        ),
    ];
    let mut crates: Vec<_> = fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    crates.sort();
    let mut named: Vec<_> = allowed.iter().map(|(name, _)| (*name).to_owned()).collect();
    named.sort();
    assert_eq!(crates, named, "a crate without a place in the order");
    for (name, allowed) in allowed {
        for dependency in depends_on(name) {
            assert!(
                allowed.contains(&dependency.as_str()),
                "{name} must not know {dependency}"
            );
        }
    }
}

/// The core does nothing but think: no runtime, no network, no database.
#[test]
fn the_core_stays_pure() {
    let manifest = root().join("crates/headcount-core/Cargo.toml");
    let manifest: toml::Table = fs::read_to_string(manifest).unwrap().parse().unwrap();
    for name in manifest["dependencies"].as_table().unwrap().keys() {
        assert!(
            !["tokio", "reqwest", "rusqlite", "axum", "hyper", "tracing"].contains(&name.as_str()),
            "headcount-core must not know {name}"
        );
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn files_are_small_and_named_for_what_they_hold() {
    let mut files = Vec::new();
    sources(&root().join("crates"), &mut files);
    assert!(files.len() > 50);
    for file in files {
        let name = file.strip_prefix(root()).unwrap().display().to_string();
        assert!(
            !name.ends_with("mod.rs"),
            "{name}: name the file for the module"
        );
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(
            lines <= 500 || name.contains("/tests/"),
            "{name} has {lines} lines"
        );
    }
}

/// Every dependency says why it is there: a comment stands above it or above its group.
#[test]
fn every_dependency_says_why() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let section = manifest.split("[workspace.dependencies]").nth(1).unwrap();
    let section = section.split("\n[").next().unwrap();
    let mut explained = false;
    for line in section.lines() {
        if line.starts_with('#') {
            explained = true;
        } else if line.trim().is_empty() {
            explained = false;
        } else if !line.starts_with("headcount") {
            assert!(explained, "no reason for `{line}`");
        }
    }
}
