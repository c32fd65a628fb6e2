//! The JSON of an answer. Every field is optional; those that no fact needs are passed over.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

#[derive(Deserialize)]
pub(super) struct Body<'a> {
    #[serde(borrow)]
    pub(super) results: Option<Vec<Row<'a>>>,
    /// Answers have none, errors do.
    pub(super) status: Option<u16>,
}

#[derive(Deserialize)]
pub(super) struct Row<'a> {
    pub(super) group: Option<Group>,
    #[serde(borrow)]
    pub(super) data: Option<Vec<Bucket<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Group {
    #[serde(default, deserialize_with = "said")]
    pub(super) user_id: Option<String>,
    #[serde(default, deserialize_with = "said")]
    pub(super) media_type: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Bucket<'a> {
    pub(super) interval: Option<String>,
    #[serde(borrow)]
    pub(super) metrics: Option<Vec<Metric<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct Metric<'a> {
    #[serde(borrow)]
    metric: Option<Name<'a>>,
    #[serde(borrow)]
    pub(super) stats: Option<Stats<'a>>,
}

impl Metric<'_> {
    /// Name of the metric; empty where there is none.
    pub(super) fn name(&self) -> &str {
        self.metric.as_ref().map_or("", |name| &name.0)
    }
}

/// Borrowed inside an `Option`, which serde does only for a type of its own.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Raw, since a float would lose digits.
#[derive(Deserialize)]
pub(super) struct Stats<'a> {
    #[serde(borrow)]
    pub(super) count: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) sum: Option<&'a RawValue>,
}

/// An empty text says nothing.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.filter(|text| !text.is_empty()))
}
