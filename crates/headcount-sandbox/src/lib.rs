//! headcount-sandbox
