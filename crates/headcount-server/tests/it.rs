//! The one integration binary of the crate: servers on real ports.

#[path = "it/access.rs"]
mod access;
#[path = "it/csv.rs"]
mod csv;
#[path = "it/delta.rs"]
mod delta;
#[path = "it/errors.rs"]
mod errors;
#[path = "it/findings.rs"]
mod findings;
#[path = "it/freshness.rs"]
mod freshness;
#[path = "it/listings.rs"]
mod listings;
#[path = "it/managers.rs"]
mod managers;
#[expect(dead_code, reason = "the tests of the core use more of it")]
#[path = "../../headcount-core/tests/it/naive.rs"]
mod naive;
#[path = "it/odata.rs"]
mod odata;
#[expect(dead_code, reason = "the tests of the core use more of it")]
#[path = "../../headcount-core/tests/it/org.rs"]
mod org;
#[path = "it/orgs.rs"]
mod orgs;
#[path = "it/page.rs"]
mod page;
#[path = "it/page_changes.rs"]
mod page_changes;
#[path = "it/page_findings.rs"]
mod page_findings;
#[path = "it/page_groups.rs"]
mod page_groups;
#[path = "it/page_people.rs"]
mod page_people;
#[path = "it/page_person.rs"]
mod page_person;
#[path = "it/page_reports.rs"]
mod page_reports;
#[path = "it/page_sync.rs"]
mod page_sync;
#[path = "it/page_tree.rs"]
mod page_tree;
#[path = "it/reports.rs"]
mod reports;
#[path = "it/rough.rs"]
mod rough;
#[path = "it/served.rs"]
mod served;
#[path = "it/tls.rs"]
mod tls;
#[path = "it/wire.rs"]
mod wire;
