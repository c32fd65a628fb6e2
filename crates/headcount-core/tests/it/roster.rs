//! Rosters by example: counting, the tree of managers, what was not loaded.

use std::collections::BTreeMap;

use headcount_core::{
    aggregate::{GroupBy, count_by},
    field::{Column, Projection},
    managers::{Managers, Span},
    roster::{Roster, RosterBuilder, RosterError, View},
    search::{Matcher, PageLimits, Query, StateRule},
    user::Attributes,
    wire::{UserSearchCriteria, UserSearchRequest},
};
use proptest::prelude::*;
use roaring::RoaringBitmap;
use serde_json::{Value, json};

use crate::{naive, org, search::roster};

fn of(users: &[Value]) -> Roster {
    let texts: Vec<String> = users.iter().map(Value::to_string).collect();
    roster(&texts, Projection::all())
}

fn counted(roster: &Roster, by: &[&str]) -> Vec<(String, u64)> {
    counted_in(roster.view(None), by)
}

fn counted_in(view: View<'_>, by: &[&str]) -> Vec<(String, u64)> {
    let by: Vec<GroupBy> = by
        .iter()
        .map(|name| GroupBy::parse(name).unwrap())
        .collect();
    let rows = view.matching(&Matcher::everybody()).unwrap();
    count_by(&view, &rows, &by)
        .unwrap()
        .into_iter()
        .map(|row| (row.values.join("|"), row.count))
        .collect()
}

#[test]
fn counts_show_names_and_reconcile() {
    let roster = of(&[
        json!({"id": "1", "name": "Boss", "division": {"id": "d1", "name": "Home"}, "department": "Sales"}),
        json!({"id": "2", "division": {"id": "d1", "name": "Home"}, "manager": {"id": "1"}, "department": "sales"}),
        json!({"id": "3", "division": {"id": "d1", "name": "Old Home"}, "manager": {"id": "1"}, "department": " "}),
        json!({"id": "4", "division": {"id": "d2", "name": ""}, "manager": {"id": "gone"}, "skills": [{"name": "a"}, {"name": "b"}]}),
        json!({"id": "5", "manager": {"id": "2"}}),
    ]);
    let rows = |rows: &[(&str, u64)]| {
        rows.iter()
            .map(|(v, c)| ((*v).to_owned(), *c))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        counted(&roster, &["department"]),
        rows(&[("(none)", 3), ("Sales", 1), ("sales", 1)])
    );
    assert_eq!(
        counted(&roster, &["division"]),
        rows(&[("Home", 3), ("(none)", 1), ("d2", 1)])
    );
    assert_eq!(
        counted(&roster, &["manager"]),
        rows(&[("Boss", 2), ("(none)", 1), ("2", 1), ("gone", 1)])
    );
    assert_eq!(
        counted(&roster, &["skills.name"]),
        rows(&[("(none)", 4), ("a, b", 1)])
    );
    assert_eq!(
        counted(&roster, &["division", "department"]),
        rows(&[
            ("(none)|(none)", 1),
            ("Home|(none)", 1),
            ("Home|Sales", 1),
            ("Home|sales", 1),
            ("d2|(none)", 1)
        ])
    );
}

#[test]
fn what_is_out_of_sight_lends_no_name() {
    let roster = of(&[
        json!({"id": "1", "name": "Boss", "division": {"id": "d1", "name": "Home"}}),
        json!({"id": "2", "division": {"id": "d1", "name": "Home"}}),
        json!({"id": "3", "division": {"id": "d1", "name": "Secret"}, "manager": {"id": "1"}}),
    ]);
    let only = |rows: &[u32]| rows.iter().copied().collect::<RoaringBitmap>();
    let rows = |label: &str, count| vec![(label.to_owned(), count)];
    assert_eq!(
        counted_in(roster.view(Some(&only(&[2]))), &["division"]),
        rows("Secret", 1)
    );
    assert_eq!(
        counted_in(roster.view(Some(&only(&[1, 2]))), &["division"]),
        rows("Home", 2)
    );
    assert_eq!(
        counted_in(roster.view(Some(&only(&[2]))), &["manager"]),
        rows("1", 1)
    );
    assert_eq!(
        counted_in(roster.view(Some(&only(&[2]))), &["manager.name"]),
        rows("(none)", 1)
    );
    assert_eq!(roster.view(Some(&only(&[2]))).row_of("1"), None);
}

#[test]
fn rows_with_a_value_are_those_with_it_to_the_letter() {
    let roster = of(&[
        json!({"id": "1", "division": {"id": "d1"}}),
        json!({"id": "2", "division": {"id": "D1"}}),
        json!({"id": "3", "division": {"id": "d2"}}),
        json!({"id": "4"}),
    ]);
    let rows = |values: &[&str]| {
        let rows = roster.rows_with(Column::DivisionId, values).unwrap();
        rows.iter().collect::<Vec<_>>()
    };
    assert_eq!(rows(&["d1"]), [0]);
    assert_eq!(rows(&["d2", "D1", "nowhere"]), [1, 2]);
    assert!(rows(&[""]).is_empty());
    assert!(rows(&[]).is_empty());
    assert_eq!(
        RosterBuilder::new(Projection::none())
            .finish()
            .rows_with(Column::DivisionId, &["d1"]),
        Err(RosterError::NotLoaded(Column::DivisionId))
    );
}

#[test]
fn what_was_not_loaded_is_said() {
    let mut builder = RosterBuilder::new(Projection::none().with(Column::Department));
    builder.push(&Attributes::parse(r#"{"id":"1"}"#).unwrap(), None);
    let roster = builder.finish();
    let ask = |field: &str| {
        let criterion = UserSearchCriteria {
            type_: Some("REQUIRED_FIELDS".to_owned()),
            fields: vec![field.to_owned()],
            ..UserSearchCriteria::default()
        };
        roster.matching(&Matcher::compile(&[criterion], StateRule::AnyState).unwrap())
    };
    assert!(ask("department").unwrap().is_empty());
    assert_eq!(ask("title"), Err(RosterError::NotLoaded(Column::Title)));
    assert_eq!(ask("skills.name"), Err(RosterError::NoDocuments));
    assert!(Managers::of(&roster).is_err());
}

#[test]
fn a_document_comes_back_byte_for_byte() {
    let text = "{ \"id\":\"X\", \"odd\": 1.50 }";
    let roster = roster(&[text.to_owned()], Projection::all());
    assert_eq!(roster.document(0), Some(text));
    assert_eq!(roster.row_of("x"), Some(0));
    assert_eq!(roster.row_of("y"), None);
}

#[test]
fn what_takes_long_is_told_beforehand() {
    let users: Vec<Value> = (0..25_000)
        .map(|n| {
            let name = if n % 2 == 0 { "Jane Doe" } else { "Tom O'Brien" };
            json!({"id": format!("{n:05}"), "name": format!("{name} {n}"), "email": format!("u{n}@example.com"),
                "department": "Sales", "employerInfo": {"employeeId": format!("E{n}")}})
        })
        .collect();
    let roster = of(&users);
    roster.warm();
    let scope = RoaringBitmap::from([7]);
    let slow = |view: View<'_>, query: &[(&str, &str, &str)], sort: Option<&str>| {
        let criterion = |(type_, field, value): &(&str, &str, &str)| UserSearchCriteria {
            type_: Some((*type_).to_owned()),
            fields: vec![(*field).to_owned()],
            value: Some((*value).to_owned()),
            ..UserSearchCriteria::default()
        };
        let request = UserSearchRequest {
            query: query.iter().map(criterion).collect(),
            sort_by: sort.map(str::to_owned),
            ..UserSearchRequest::default()
        };
        let limits = PageLimits::default();
        let query = Query::compile(&request, StateRule::AnyState, &limits).unwrap();
        view.search_at_once(&query).unwrap().is_none()
    };
    let email = ("EXACT", "email", "u7@example.com");
    let document = ("EXACT", "employerInfo.employeeId", "E7");
    let all = roster.view(None);
    for (query, sort, expected) in [
        (&[email][..], None, false),
        (&[email], Some("employerInfo.employeeId"), false),
        (&[email, document], None, false),
        (&[document], None, true),
        (&[("EXACT", "department", "sales"), document], None, true),
        (&[("EXACT", "department", "sales")], None, false),
        (&[("EXACT", "department", "sales")], Some("name"), false),
        (&[("EXACT", "department", "sales")], Some("title"), false),
        (
            &[("EXACT", "department", "sales")],
            Some("skills.name"),
            true,
        ),
        (&[("CONTAINS", "name", "jane")], None, false),
        (&[("CONTAINS", "name", "n")], None, true),
        (&[("CONTAINS", "email", "example")], None, true),
        (&[("STARTS_WITH", "name", "j")], None, false),
        (&[("REGEX", "name", "J.*7")], None, true),
    ] {
        assert_eq!(slow(all, query, sort), expected, "{query:?} by {sort:?}");
    }
    // Who sees one user looks at one.
    assert!(!slow(
        roster.view(Some(&scope)),
        &[document],
        Some("skills.name")
    ));
}

#[test]
fn rings_are_found_and_cut() {
    let reports_to = [
        ("a", "b"),
        ("b", "c"),
        ("c", "a"),
        ("d", "a"),
        ("e", "e"),
        ("f", "gone"),
        ("g", "f"),
    ];
    let users: Vec<Value> = reports_to
        .iter()
        .map(|(id, manager)| json!({"id": id, "manager": {"id": manager}}))
        .collect();
    let roster = of(&users);
    let tree = Managers::of(&roster).unwrap();
    let row = |id: &str| roster.row_of(id).unwrap();
    assert_eq!(
        tree.cycles(),
        [vec![row("a"), row("b"), row("c")], vec![row("e")]]
    );
    assert_eq!(tree.orphans(), [row("f")]);
    assert_eq!(tree.roots(), [row("a"), row("e"), row("f")]);
    assert_eq!(
        tree.span(row("a")),
        Span {
            direct: 2,
            total: 3
        }
    );
    assert_eq!(
        tree.chain(row("b")).collect::<Vec<_>>(),
        [row("c"), row("a")]
    );
    assert_eq!(tree.depth(row("b")), 2);
}

proptest! {
    #[test]
    fn counts_equal_those_of_a_naive_counter(seed in any::<u64>()) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let users = org::org(&mut rng);
        let roster = of(&users);
        if rng.bool() {
            roster.warm();
        }
        for _ in 0..8 {
            let by: Vec<&str> = (0..rng.usize(1..4))
                .map(|_| org::FIELDS[rng.usize(..org::FIELDS.len())])
                .collect();
            let mut expected: BTreeMap<Vec<String>, u64> = BTreeMap::new();
            for user in &users {
                let labels = by.iter().map(|by| naive::label(&users, user, by));
                *expected.entry(labels.collect()).or_default() += 1;
            }
            let mut expected: Vec<_> = expected.into_iter().map(|(v, n)| (v.join("|"), n)).collect();
            expected.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            prop_assert_eq!(counted(&roster, &by), expected, "{:?}", by);
        }
    }

    #[test]
    fn every_count_adds_up_and_every_tree_ends(seed in any::<u64>()) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let users = org::org(&mut rng);
        let roster = of(&users);
        for by in org::FIELDS {
            let total: u64 = counted(&roster, &[by]).iter().map(|row| row.1).sum();
            prop_assert_eq!(total, users.len() as u64, "{}", by);
            let second = org::FIELDS[rng.usize(..org::FIELDS.len())];
            let total: u64 = counted(&roster, &[by, second]).iter().map(|row| row.1).sum();
            prop_assert_eq!(total, users.len() as u64);
        }
        let tree = Managers::of(&roster).unwrap();
        let under: u32 = tree.roots().iter().map(|&root| tree.span(root).total + 1).sum();
        prop_assert_eq!(under, roster.len());
        for row in 0..roster.len() {
            prop_assert_eq!(tree.chain(row).count(), tree.depth(row) as usize);
            prop_assert_eq!(tree.span(row).direct as usize, tree.reports(row).len());
        }
    }

    #[test]
    fn a_tree_in_sight_is_that_of_an_org_of_those_in_sight(seed in any::<u64>()) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let users = org::org(&mut rng);
        let roster = of(&users);
        let scope: RoaringBitmap = (0..roster.len()).filter(|_| rng.u8(..4) > 0).collect();
        let seen = of(&scope.iter().map(|row| users[row as usize].clone()).collect::<Vec<_>>());
        let (within, alone) = (
            Managers::within(roster.view(Some(&scope))).unwrap(),
            Managers::of(&seen).unwrap(),
        );
        // The row of each in sight.
        let rows: Vec<u32> = scope.iter().collect();
        let row = |alone: &u32| rows[*alone as usize];
        let all = |alone: &[u32]| alone.iter().map(row).collect::<Vec<_>>();
        for (at, &place) in (0..).zip(&rows) {
            prop_assert_eq!(within.manager_of(place), alone.manager_of(at).as_ref().map(row));
            prop_assert_eq!(within.reports(place), all(alone.reports(at)));
            prop_assert_eq!(within.span(place), alone.span(at));
            prop_assert_eq!(within.depth(place), alone.depth(at));
        }
        prop_assert_eq!(within.roots(), all(alone.roots()));
        prop_assert_eq!(within.orphans(), all(alone.orphans()));
        let cycles: Vec<Vec<u32>> = alone.cycles().iter().map(|ring| all(ring)).collect();
        prop_assert_eq!(within.cycles(), cycles);
    }
}
