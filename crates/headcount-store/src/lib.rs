//! headcount-store
