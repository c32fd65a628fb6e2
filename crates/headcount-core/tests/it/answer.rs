//! Answers of the aggregate queries: every shape that may come, and what is refused.

use std::collections::BTreeMap;

use headcount_core::fact::{
    EVALUATION_COUNT, Fact, FactKind, HANDLE_COUNT, HANDLE_SUM, MEASURES, SCORE_COUNT, SCORE_SUM,
    answer::{Answer, AnswerError, IntervalError, NumberError, SumError},
    interval::Interval,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const WEEK: &str = "2026-11-15T21:00:00.000Z/2026-11-22T21:00:00.000Z";
const DAY: &str = "2026-11-16T00:00:00.000Z/2026-11-17T00:00:00.000Z";

fn parse(answer: &Value) -> Result<Answer, AnswerError> {
    Answer::parse(answer.to_string().as_bytes(), None, None)
}

fn row(group: Value, metrics: Value) -> Value {
    json!({ "group": group, "data": [{ "interval": DAY, "metrics": metrics }] })
}

fn handled(count: u32, sum: u32) -> Value {
    json!([{ "metric": "tHandle", "stats": { "count": count, "sum": sum } }])
}

/// User, media type, handle count and sum.
type Told<'a> = (Option<&'a str>, Option<&'a str>, Option<i64>, Option<i64>);

fn told(answer: &Answer) -> Vec<Told<'_>> {
    let told = |fact: &'_ Fact| (fact.measures[HANDLE_COUNT], fact.measures[HANDLE_SUM]);
    let facts = answer.facts.iter();
    facts
        .map(|fact| {
            let (count, sum) = told(fact);
            (
                fact.user_id.as_deref(),
                fact.media_type.as_deref(),
                count,
                sum,
            )
        })
        .collect()
}

#[test]
fn the_published_sample_of_handle_time() {
    let answer = Answer::parse(include_bytes!("../fixtures/aht.json"), None, None).unwrap();
    assert_eq!(answer.kind, FactKind::HandleTime);
    assert_eq!(
        told(&answer),
        [
            (None, Some("message"), Some(412), Some(502_338_190)),
            (None, Some("voice"), Some(1_113), Some(963_943_429)),
        ]
    );
    let week: Interval = WEEK.parse().unwrap();
    let voice = &answer.facts[1];
    assert_eq!((voice.start_ms, voice.end_ms), (week.start_ms, week.end_ms));
    assert_eq!(voice.measures[2..], [None; MEASURES - 2]);
}

#[test]
fn the_published_sample_of_evaluations() {
    let sample = include_bytes!("../fixtures/evaluations.json");
    let answer = Answer::parse(sample, None, None).unwrap();
    assert_eq!(answer.kind, FactKind::Evaluation);
    let [fact] = &answer.facts[..] else {
        panic!("one fact");
    };
    assert_eq!((&fact.user_id, &fact.media_type), (&None, &None));
    assert_eq!(fact.measures[EVALUATION_COUNT], Some(610));
    assert_eq!(fact.measures[1..], [None; MEASURES - 1]);
}

#[test]
fn further_dimensions_and_qualifiers_are_added_up() {
    let answer = json!({ "results": [
        row(json!({ "userId": "b", "mediaType": "voice", "queueId": "q1" }), handled(2, 100)),
        row(json!({ "userId": "a", "mediaType": "voice" }), handled(1, 7)),
        row(json!({ "userId": "b", "mediaType": "voice", "queueId": "q2" }), handled(3, 50)),
        row(json!({ "userId": "b", "mediaType": "" }), json!([
            { "metric": "tHandle", "qualifier": "x", "stats": { "count": 1, "sum": 1 } },
            { "metric": "tHandle", "qualifier": "y", "stats": { "count": 1, "sum": 2.0 } },
        ])),
        row(json!({ "userId": "c" }), json!([{ "metric": "tTalk", "stats": { "count": 1 } }])),
    ] });
    assert_eq!(
        told(&parse(&answer).unwrap()),
        [
            (Some("a"), Some("voice"), Some(1), Some(7)),
            (Some("b"), None, Some(2), Some(3)),
            (Some("b"), Some("voice"), Some(5), Some(150)),
        ]
    );
}

#[test]
fn what_is_not_told_is_not_zero() {
    let score = |count: u32, sum: Value| json!([{ "metric": "oTotalScore", "stats": { "count": count, "sum": sum } }]);
    let answer = json!({ "results": [
        row(json!({ "userId": "a" }), score(2, json!(170.25))),
        row(json!({ "userId": "b" }), score(2, Value::Null)),
        // A sum of a part would not belong to the whole count.
        row(json!({ "userId": "c", "formId": "1" }), score(2, Value::Null)),
        row(json!({ "userId": "c", "formId": "2" }), score(1, json!(90))),
        row(json!({ "userId": "c", "formId": "3" }), score(1, json!(80))),
        row(json!({ "userId": "d", "formId": "1" }), score(0, Value::Null)),
        row(json!({ "userId": "d", "formId": "2" }), score(1, json!(80))),
    ] });
    let answer = parse(&answer).unwrap();
    let scores: Vec<_> = answer
        .facts
        .iter()
        .map(|fact| (fact.measures[SCORE_COUNT], fact.measures[SCORE_SUM]))
        .collect();
    assert_eq!(
        scores,
        [
            (Some(2), Some(170_250_000)),
            (Some(2), None),
            (Some(4), None),
            (Some(1), Some(80_000_000)),
        ]
    );
}

#[test]
fn loose_shapes_are_read() {
    let kind = Some(FactKind::Evaluation);
    for empty in [
        "{}",
        r#"{"results":null}"#,
        r#"{"results":[]}"#,
        r#"{"results":[{}]}"#,
    ] {
        let answer = Answer::parse(empty.as_bytes(), kind, None).unwrap();
        assert_eq!(
            (answer.kind, answer.facts),
            (FactKind::Evaluation, vec![]),
            "{empty}"
        );
    }
    let text = "\u{feff}{\"results\":[{\"group\":null,\"data\":[{\"interval\":\"2026-11-16T00:00Z\\/2026-11-17T00:00Z\",\
        \"views\":[{\"name\":\"v\"}],\"metrics\":[{},{\"metric\":null},{\"metric\":\"tAcw\"},\
        {\"metric\":\"t\\u0048andle\",\"stats\":{\"count\":1.0,\"sum\":2.5,\"p95\":1}}]}]}],\"new\":1}";
    let answer = Answer::parse(text.as_bytes(), None, None).unwrap();
    assert_eq!(told(&answer), [(None, None, Some(1), Some(3))]);
}

#[test]
fn a_missing_interval_may_be_given() {
    let answer = json!({ "results": [{ "data": [{ "metrics": handled(1, 2) }] }] });
    assert_eq!(
        parse(&answer).unwrap_err().to_string(),
        "results[0].data[0] has no interval"
    );
    let week: Interval = WEEK.parse().unwrap();
    let body = answer.to_string();
    let answer = Answer::parse(body.as_bytes(), None, Some(week)).unwrap();
    assert_eq!(answer.facts[0].start_ms, week.start_ms);
    assert_eq!(answer.facts[0].end_ms, week.end_ms);
}

#[test]
fn numbers_are_refused_where_they_stand() {
    let one = |stats: &str| {
        let body = format!(
            "{{\"results\":[{{}},{{\"data\":[{{\"interval\":\"{DAY}\",\"metrics\":[{{\"metric\":\"tHandle\",\"stats\":{stats}}}]}}]}}]}}"
        );
        Answer::parse(body.as_bytes(), None, None).unwrap_err()
    };
    let number = |stat: &str, source| AnswerError::Number {
        at: format!("results[1].data[0].metrics[0].stats.{stat}"),
        source,
    };
    assert_eq!(
        one(r#"{"count":-1}"#),
        number("count", NumberError::Negative)
    );
    assert_eq!(
        one(r#"{"count":1.5}"#),
        number("count", NumberError::Fraction)
    );
    assert_eq!(
        one(r#"{"sum":1e400}"#),
        number("sum", NumberError::Overflow)
    );
    assert_eq!(
        one(r#"{"sum":"1"}"#),
        number("sum", NumberError::NotANumber)
    );

    let most = json!([{ "metric": "tHandle", "stats": { "count": i64::MAX } }]);
    let one = json!([{ "metric": "tHandle", "stats": { "count": 1 } }]);
    let answer = json!({ "results": [row(json!({ "userId": "a" }), most), row(json!({ "userId": "a", "teamId": "t" }), one)] });
    assert_eq!(
        parse(&answer).unwrap_err(),
        AnswerError::Sum {
            at: "results[1].data[0]".to_owned(),
            source: SumError {
                measure: "handle_count"
            },
        }
    );
}

#[test]
fn what_is_no_answer_is_refused() {
    let read = |text: &str| {
        Answer::parse(text.as_bytes(), None, None)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        read("{\n\"results\":[{"),
        "the answer is cut off at line 2, column 12"
    );
    assert_eq!(read(""), "the answer is cut off at line 1, column 0");
    assert_eq!(
        read("{\"results\":\n 7}"),
        "line 2, column 2: not the JSON of an aggregate answer"
    );
    assert_eq!(
        read(r#"{"message":"m","code":"too.many.requests.retry.after","status":429}"#),
        "an error of upstream (status 429) instead of an answer"
    );
    assert_eq!(
        Answer::parse(br#"{"entities":[]}"#, Some(FactKind::HandleTime), None).unwrap_err(),
        AnswerError::Shape { line: 1, column: 1 }
    );
    assert_eq!(
        read(r#"{"results":[]}"#),
        "no metric tells whether the answer is about handle time or evaluations"
    );
    assert_eq!(
        Answer::parse(&[b'{', 0xff], None, None).unwrap_err(),
        AnswerError::NotText
    );
    let both = json!({ "results": [row(json!({}), json!([{ "metric": "tAcw" }, { "metric": "nEvaluations" }]))] });
    assert_eq!(parse(&both).unwrap_err(), AnswerError::BothKinds);
    let handle = json!({ "results": [row(json!({}), handled(1, 1))] }).to_string();
    let other = Answer::parse(handle.as_bytes(), Some(FactKind::Evaluation), None).unwrap_err();
    assert_eq!(
        other.to_string(),
        "the answer holds metrics of handle_time, not of evaluation"
    );
    let reversed = json!({ "results": [{ "data": [{ "interval": "2026-11-17T00:00Z/2026-11-16T00:00Z", "metrics": handled(1, 1) }] }] });
    assert_eq!(
        parse(&reversed).unwrap_err(),
        AnswerError::Interval {
            at: "results[0].data[0]".to_owned(),
            source: IntervalError::Reversed,
        }
    );
}

#[test]
fn an_answer_cut_off_anywhere_is_refused() {
    let whole = include_bytes!("../fixtures/aht.json").trim_ascii_end();
    for end in 0..whole.len() {
        let read = Answer::parse(&whole[..end], Some(FactKind::HandleTime), None);
        assert!(
            matches!(read, Err(AnswerError::CutOff { .. })),
            "{end}: {read:?}"
        );
    }
}

proptest! {
    /// Bytes that were spoilt give facts that make sense, or an error; never a panic.
    #[test]
    fn spoilt_answers_do_no_harm(at in 0..1000_usize, with in proptest::collection::vec(any::<u8>(), 0..4)) {
        let mut body = include_bytes!("../fixtures/aht.json").to_vec();
        let at = at % body.len();
        body.splice(at..(at + 2).min(body.len()), with);
        if let Ok(answer) = Answer::parse(&body, Some(FactKind::HandleTime), None) {
            for fact in answer.facts {
                prop_assert!(fact.start_ms < fact.end_ms);
                prop_assert!(fact.measures.into_iter().flatten().all(|value| value >= 0));
            }
        }
    }

    /// However rows are ordered, and whatever further dimension splits them, the facts are the sums
    /// of a map.
    #[test]
    fn sums_are_those_of_a_map(rows in proptest::collection::vec((0..3_usize, 0..3_usize, 0..2_usize, proptest::option::of(0..1000_u32), proptest::option::of(0..1000_u32)), 0..40)) {
        let users = [None, Some("a"), Some("b")];
        let media = [None, Some("voice"), Some("email")];
        let days = [DAY, "2026-11-17T00:00:00.000Z/2026-11-18T00:00:00.000Z"];
        let mut sums: BTreeMap<_, [Option<i64>; 2]> = BTreeMap::new();
        let mut results = Vec::new();
        for (at, &(user, kind, day, answered, transferred)) in rows.iter().enumerate() {
            results.push(json!({
                "group": { "userId": users[user], "mediaType": media[kind], "queueId": at.to_string() },
                "data": [{ "interval": days[day], "metrics": [
                    { "metric": "tAnswered", "stats": { "count": answered } },
                    { "metric": "nTransferred", "stats": { "count": transferred } },
                ] }],
            }));
            if answered.is_some() || transferred.is_some() {
                let sum = sums.entry((day, users[user], media[kind])).or_default();
                for (sum, more) in sum.iter_mut().zip([answered, transferred]) {
                    if let Some(more) = more {
                        *sum = Some(sum.unwrap_or(0) + i64::from(more));
                    }
                }
            }
        }
        let body = json!({ "results": results }).to_string();
        let answer = Answer::parse(body.as_bytes(), Some(FactKind::HandleTime), None).unwrap();
        let facts: Vec<_> = answer.facts.iter().map(|fact| (
            fact.start_ms, fact.user_id.as_deref(), fact.media_type.as_deref(),
            [fact.measures[8], fact.measures[9]],
        )).collect();
        let expected: Vec<_> = sums.into_iter().map(|((day, user, kind), sum)| {
            (days[day].parse::<Interval>().unwrap().start_ms, user, kind, sum)
        }).collect();
        prop_assert_eq!(facts, expected);
    }
}
