# Tasks; `just` alone lists them.

_default:
    @just --list

# Everything that CI checks.
test:
    ./test

# Format all code.
fmt:
    cargo fmt --all

# The lints, as CI has them.
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# Tests of one crate, beside a PostgreSQL: `just t core`.
t crate="headcount":
    tests/with-postgres cargo test -p {{ if crate == "headcount" { "headcount" } else { "headcount-" + crate } }}

# Write docs/cli.md and docs/checks.md again after the command line or a rule changed.
docs:
    HEADCOUNT_WRITE_DOCS=1 cargo test -p headcount-core --lib reference
    HEADCOUNT_WRITE_DOCS=1 cargo test -p headcount --bin headcount reference

# Licences, advisories and sources of dependencies.
deny:
    cargo deny check

# Try it: a sandbox org, a sync, and what can be asked.
demo:
    cargo run --release -- demo --once

# An org to play with.
sandbox *args:
    cargo run --release -- sandbox {{ args }}
