//! Search, row by row and over the roster, against the naive evaluator.

use fastrand::Rng;
use headcount_core::{
    field::Projection,
    roster::{Roster, RosterBuilder},
    search::{DocumentView, Matcher, PageLimits, Query, SearchError, StateRule},
    user::Attributes,
    wire::UserSearchRequest,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::{naive, org};

pub(crate) fn roster(texts: &[String], projection: Projection) -> Roster {
    let mut builder = RosterBuilder::new(projection);
    for text in texts {
        builder.push(&Attributes::parse(text).unwrap(), Some(text));
    }
    builder.finish()
}

/// The view of one document, knowing its manager as the roster does.
fn view<'a>(texts: &'a [String], text: &'a str) -> DocumentView<'a> {
    let view = DocumentView::parse(text).unwrap();
    let Some(id) = view.attributes().manager_id.clone() else {
        return view;
    };
    let manager = texts
        .iter()
        .map(|text| Attributes::parse(text).unwrap())
        .find(|other| other.id.eq_ignore_ascii_case(&id));
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
        let all = roster(&texts, Projection::all());
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
                .filter(|(_, text)| query.matcher.matches(&view(&texts, text)))
                .map(|(user, _)| user).collect();
            prop_assert_eq!(ids(by_row), ids(expected.clone()), "{:?}", request);

            naive::sort(&org, &mut expected, &request, &|user| {
                query.matcher.score(&view(&texts, &user.to_string()))
            });
            // A roster of everything, and one of no more than the question says it reads.
            for roster in [&all, &roster(&texts, query.projection())] {
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
