//! Search over the wire against the naive evaluator, for callers who see everybody and for
//! callers who see some divisions.

use fastrand::Rng;
use headcount_core::search::{PageLimits, Query, StateRule};
use proptest::prelude::*;
use serde_json::Value;

use crate::{
    naive, org,
    served::{BEGIN_MS, Made},
};

fn ids<'a>(users: impl IntoIterator<Item = &'a Value>) -> Vec<&'a str> {
    users
        .into_iter()
        .map(|user| user["id"].as_str().unwrap())
        .collect()
}

/// What a caller limited to `divisions` may know of.
fn seen(org: &[Value], divisions: &[String]) -> Vec<Value> {
    org.iter()
        .filter(|user| {
            let division = user["division"]["id"].as_str();
            division.is_some_and(|id| divisions.iter().any(|seen| seen == id))
        })
        .cloned()
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn search_over_the_wire_equals_a_naive_evaluator(seed in any::<u64>()) {
        let mut rng = Rng::with_seed(seed);
        let org = org::org(&mut rng);
        let texts: Vec<String> = org.iter().map(Value::to_string).collect();
        let divisions: Vec<String> = ["D0", "D1", "D2", "D9"].iter()
            .filter(|_| rng.bool()).map(|id| (*id).to_owned()).collect();
        let limited = seen(&org, &divisions);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let served = Made::new()
                .publish(&texts, BEGIN_MS)
                .token("all", |_| {})
                .token("some", |token| token.grant.divisions = Some(divisions.clone()))
                .serve().await;
            for _ in 0..6 {
                let request = org::request(&mut rng);
                let body = serde_json::to_value(&request).unwrap();
                let Ok(query) = Query::compile(&request, StateRule::ActiveUnlessAsked, &PageLimits::default()) else {
                    let refused = served.holder("all").search(&body).await;
                    prop_assert_eq!(refused.status, 400, "{}", refused.text);
                    continue;
                };
                for (holder, org) in [("all", &org), ("some", &limited)] {
                    let mut expected = naive::matching(org, &request, false);
                    naive::sort(org, &mut expected, &request, &|user| {
                        let text = user.to_string();
                        let view = headcount_core::search::DocumentView::parse(&text).unwrap();
                        let manager = view.attributes().manager_id.clone()
                            .and_then(|id| naive::manager(org, &id)).map(Value::to_string);
                        let manager = manager.as_deref()
                            .map(|text| headcount_core::user::Attributes::parse(text).unwrap().into_owned());
                        match &manager {
                            Some(manager) => query.matcher.score(&view.with_manager(manager)),
                            None => query.matcher.score(&view),
                        }
                    });
                    let answer = served.holder(holder).search(&body).await;
                    prop_assert_eq!(answer.status, 200, "{} {}", body, answer.text);
                    let told = answer.json();
                    let (number, size) = (request.page_number.unwrap(), request.page_size.unwrap());
                    prop_assert_eq!(told["total"].as_u64(), Some(expected.len() as u64), "{} {:?}", body, holder);
                    let skip = usize::try_from((number - 1) * size).unwrap();
                    let page: Vec<&Value> = expected.iter().copied().skip(skip)
                        .take(usize::try_from(size).unwrap()).collect();
                    let results = told["results"].as_array().unwrap();
                    prop_assert_eq!(ids(results), ids(page.iter().copied()), "{} {:?}", body, holder);
                    prop_assert!(results.iter().zip(page).all(|(served, user)| served == user));
                }
            }
            Ok(())
        })?;
    }
}
