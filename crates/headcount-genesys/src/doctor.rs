//! What an org allows, asked read-only.
