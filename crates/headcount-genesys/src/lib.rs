//! headcount-genesys
