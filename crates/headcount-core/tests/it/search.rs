//! Search, row by row and over the roster, against the naive evaluator.

use fastrand::Rng;
use headcount_core::{
    aggregate::{GroupBy, count_by, count_most, rows_labelled},
    field::Projection,
    roster::{Roster, RosterBuilder},
    search::{DocumentView, Matcher, PageLimits, Query, SearchError, StateRule, sort::SortKey},
    user::Attributes,
    wire::UserSearchRequest,
};
use proptest::prelude::*;
use roaring::RoaringBitmap;
use serde_json::Value;

use crate::{naive, org};

pub(crate) fn roster(texts: &[String], projection: Projection) -> Roster {
    let mut builder = RosterBuilder::new(projection);
    for text in texts {
        builder.push(&Attributes::parse(text).unwrap(), Some(text));
    }
    builder.finish()
}

/// The same with every index made, which then are what answers.
pub(crate) fn warm(texts: &[String], projection: Projection) -> Roster {
    let roster = roster(texts, projection);
    roster.warm();
    roster
}

/// The view of one document, knowing its manager as the roster does.
fn view<'a>(org: &[Value], texts: &'a [String], text: &'a str) -> DocumentView<'a> {
    let view = DocumentView::parse(text).unwrap();
    let Some(id) = view.attributes().manager_id.clone() else {
        return view;
    };
    let manager = naive::manager(org, &id).map(|manager| {
        let at = org.iter().position(|user| user == manager).unwrap();
        Attributes::parse(&texts[at]).unwrap()
    });
    match manager {
        Some(manager) => view.with_manager(&manager),
        None => view,
    }
}

fn ids<'a>(users: impl IntoIterator<Item = &'a Value>) -> Vec<&'a str> {
    users
        .into_iter()
        .map(|user| user["id"].as_str().unwrap())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn search_equals_a_naive_evaluator(seed in any::<u64>()) {
        let mut rng = Rng::with_seed(seed);
        let org = org::org(&mut rng);
        let texts: Vec<String> = org.iter().map(Value::to_string).collect();
        let all = [roster(&texts, Projection::all()), warm(&texts, Projection::all())];
        for _ in 0..8 {
            let request = org::request(&mut rng);
            let any_state = rng.bool();
            let rule = if any_state { StateRule::AnyState } else { StateRule::ActiveUnlessAsked };
            let query = match Query::compile(&request, rule, &PageLimits::default()) {
                Ok(query) => query,
                // Only what the generator cannot help: a range drawn the wrong way round.
                Err(SearchError::Criteria(error)) => {
                    prop_assert!(error.to_string().contains("ends before it starts"), "{error}");
                    continue;
                }
                Err(error) => return Err(TestCaseError::fail(error.to_string())),
            };
            let mut expected = naive::matching(&org, &request, any_state);

            let by_row: Vec<&Value> = org.iter().zip(&texts)
                .filter(|(_, text)| query.matcher.matches(&view(&org, &texts, text)))
                .map(|(user, _)| user).collect();
            prop_assert_eq!(ids(by_row), ids(expected.clone()), "{:?}", request);

            naive::sort(&org, &mut expected, &request, &|user| {
                query.matcher.score(&view(&org, &texts, &user.to_string()))
            });
            // Rosters of everything, and some of no more than the question says it reads.
            let some = [roster(&texts, query.projection()), warm(&texts, query.projection())];
            for roster in all.iter().chain(&some) {
                let result = roster.search(&query).unwrap();
                prop_assert_eq!(result.total, expected.len() as u64);
                let (number, size) = (request.page_number.unwrap(), request.page_size.unwrap());
                let skip = usize::try_from((number - 1) * size).unwrap();
                let page = expected.iter().copied().skip(skip).take(usize::try_from(size).unwrap());
                let found = result.rows.iter().map(|&row| &org[row as usize]);
                prop_assert_eq!(ids(found), ids(page), "{:?}", request);
            }
        }
    }

    /// What is out of sight must not show in any answer: a caller of a part of the roster learns
    /// what a caller of a roster of that part alone would.
    #[test]
    fn a_scoped_answer_is_that_of_a_roster_of_the_visible_alone(seed in any::<u64>()) {
        let mut rng = Rng::with_seed(seed);
        let org = org::org(&mut rng);
        let texts: Vec<String> = org.iter().map(Value::to_string).collect();
        let whole = roster(&texts, Projection::all());
        if rng.bool() {
            whole.warm();
        }
        for _ in 0..4 {
            let seen = org::scope(&mut rng, org.len());
            // Rows by their number among the visible ones.
            let rows: Vec<u32> = (0..).zip(&seen).filter(|(_, seen)| **seen).map(|(row, _)| row).collect();
            let scope: RoaringBitmap = rows.iter().copied().collect();
            let part: Vec<String> = rows.iter().map(|&row| texts[row as usize].clone()).collect();
            let part = roster(&part, Projection::all());
            let (scoped, alone) = (whole.view(Some(&scope)), part.view(None));
            prop_assert_eq!(scoped.len(), alone.len());
            for user in &org {
                let id = user["id"].as_str().unwrap();
                for id in [id.to_owned(), id.to_uppercase()] {
                    prop_assert_eq!(scoped.row_of(&id), alone.row_of(&id).map(|row| rows[row as usize]));
                }
            }
            for _ in 0..4 {
                let request = org::request(&mut rng);
                let Ok(query) = Query::compile(&request, StateRule::AnyState, &PageLimits::default()) else {
                    continue;
                };
                let there = |found: Vec<u32>| found.into_iter().map(|row| rows[row as usize]).collect::<Vec<_>>();
                let found = alone.matching(&query.matcher).unwrap();
                let picked = scoped.matching(&query.matcher).unwrap();
                prop_assert_eq!(picked.iter().collect::<Vec<_>>(), there(found.iter().collect()), "{:?}", request);
                let (page, expected) = (scoped.search(&query).unwrap(), alone.search(&query).unwrap());
                prop_assert_eq!((page.total, page.rows), (expected.total, there(expected.rows)), "{:?}", request);
                prop_assert_eq!(
                    scoped.sorted(&query.matcher, &query.sort).unwrap(),
                    there(alone.sorted(&query.matcher, &query.sort).unwrap()),
                    "{:?}", request
                );
                let by: Vec<GroupBy> = (0..rng.usize(1..4)).map(|_| org::group(&mut rng)).collect();
                prop_assert_eq!(
                    count_by(&scoped, &picked, &by).unwrap(),
                    count_by(&alone, &found, &by).unwrap(),
                    "{:?}", by
                );
                let all = usize::try_from(picked.len()).unwrap();
                let places = rng.usize(..all + 2)..rng.usize(..all + 4);
                let sorted = scoped.sorted(&query.matcher, &query.sort).unwrap();
                let end = places.end.min(all);
                let without_score = query.sort.keys.iter().all(|key| *key != SortKey::Score);
                if without_score {
                    prop_assert_eq!(
                        scoped.page(&found_in_any(&picked, &scope, &whole), &query.sort, places.clone()).unwrap(),
                        &sorted[places.start.min(end)..end],
                        "{:?}", request
                    );
                }
                let counted = count_by(&scoped, &picked, &by[..1]).unwrap();
                let most = rng.usize(..counted.len() + 2);
                let first = count_most(&scoped, &picked, by[0], most).unwrap();
                prop_assert_eq!(first.values, counted.len());
                prop_assert_eq!(&first.rows[..], &counted[..most.min(counted.len())], "{:?}", by[0]);
                for row in &counted {
                    let labelled = rows_labelled(&scoped, by[0], |label| label == row.values[0]).unwrap();
                    prop_assert_eq!((labelled & &picked).len(), row.count, "{:?} {:?}", by[0], row.values);
                }
            }
        }
    }
}

/// Those that were picked, and everybody out of sight.
fn found_in_any(picked: &RoaringBitmap, scope: &RoaringBitmap, whole: &Roster) -> RoaringBitmap {
    let out_of_sight = (0..whole.len()).filter(|row| !scope.contains(*row));
    picked | out_of_sight.collect::<RoaringBitmap>()
}

/// The indices against the plain way, on a roster too large for the naive evaluator: sets of rows
/// of more than one piece, more managers than get a set each, names that many share.
#[test]
fn a_warm_roster_answers_as_a_cold_one_does() {
    let mut rng = Rng::with_seed(11);
    for (count, questions) in [(300, 150), (70_000, 12)] {
        let texts: Vec<String> = org::org_of(&mut rng, count, count + count / 8)
            .iter()
            .map(Value::to_string)
            .collect();
        // Sorting a cold roster puts its columns in order; so one does nothing else.
        let (cold, ordered, warm) = (
            roster(&texts, Projection::columns()),
            roster(&texts, Projection::columns()),
            warm(&texts, Projection::columns()),
        );
        let scope: RoaringBitmap = (0..cold.len()).filter(|_| rng.u8(..4) > 0).collect();
        let mut asked = 0;
        while asked < questions {
            let request = org::request(&mut rng);
            let query = Query::compile(&request, StateRule::AnyState, &PageLimits::default());
            let Some(mut query) = query.ok().filter(|query| !query.projection().document()) else {
                continue;
            };
            asked += 1;
            // Far into the answer, too.
            if rng.bool() {
                query.page.number = rng.u64(1..1000);
            }
            for scope in [None, Some(&scope)] {
                let (cold, warm) = (cold.view(scope), warm.view(scope));
                let ordered = ordered.view(scope);
                let found = cold.matching(&query.matcher).unwrap();
                assert_eq!(warm.matching(&query.matcher).unwrap(), found, "{request:?}");
                let sorted = ordered.sorted(&query.matcher, &query.sort).unwrap();
                let page = warm.search(&query).unwrap();
                let slice = query.page.slice(sorted.len());
                assert_eq!(
                    (page.total, &page.rows[..]),
                    (found.len(), &sorted[slice]),
                    "{request:?} {:?}",
                    query.page
                );
            }
        }
    }
}

/// Without this the property above could hold because nothing ever matches.
#[test]
fn the_questions_hit_and_miss_for_every_type() {
    let mut rng = Rng::with_seed(7);
    for type_ in org::TYPES {
        let (mut hits, mut misses) = (0, 0);
        for _ in 0..300 {
            let org = org::org(&mut rng);
            let request = UserSearchRequest {
                query: vec![org::criterion(&mut rng, type_)],
                ..UserSearchRequest::default()
            };
            if Matcher::compile(&request.query, StateRule::AnyState).is_err() {
                continue;
            }
            let found = naive::matching(&org, &request, true).len();
            hits += usize::from(found > 0);
            misses += usize::from(found < org.len());
        }
        assert!(hits >= 60, "{type_} hit {hits} times");
        assert!(
            misses >= 60 || type_ == "MATCH_ALL",
            "{type_} missed {misses} times"
        );
    }
}
