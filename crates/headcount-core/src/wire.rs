//! The shapes that cross the wire (contract `models.md` 2.1, 2.3, 2.4).
//!
//! Requests are plain values; sending them is elsewhere. Users inside an answer are kept as the
//! raw JSON text that came, so that nothing upstream sends is lost (invariant 8).

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::value::RawValue;

/// Body of `POST /api/v2/users/search` (SDK `UserSearchRequest`). Every field is optional.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserSearchRequest {
    /// `ASC`, `DESC` or `SCORE`, for `sort_by`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort_order: Option<String>,
    /// Field to sort by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort_by: Option<String>,
    /// Users per page; 25 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_size: Option<i64>,
    /// Page asked for, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_number: Option<i64>,
    /// Several sort keys, instead of `sort_by` and `sort_order`.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "objects")]
    pub sort: Vec<SearchSort>,
    /// Optional parts of a user to include.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "list")]
    pub expand: Vec<String>,
    /// Criteria, ANDed unless they say otherwise; none matches everybody.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "objects")]
    pub query: Vec<UserSearchCriteria>,
    /// Whose presence replaces Genesys' own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration_presence_source: Option<String>,
    /// Restrict the answer to the divisions that the caller may see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enforce_permissions: Option<bool>,
    /// What to count beside the page. Ours: upstream has no aggregations for users.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "objects")]
    pub aggregations: Vec<SearchAggregation>,
    /// The date or time that the question is about. Ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
}

/// What to count (SDK `SearchAggregation`). Of its types users have `TERM` and `COUNT`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SearchAggregation {
    /// Field counted by; several, with commas, nest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Name in the answer; the field when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `TERM`: users by value; `COUNT`: users, or users who have the field.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// Not used by `TERM` and `COUNT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Buckets at each level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// Order of the buckets: `COUNT` or `VALUE`, then `ASC` or `DESC`.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "list")]
    pub order: Vec<String>,
}

/// A value that is written as a JSON object. Serde would also take an array of a struct's members
/// in their order, which nobody means.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfMap<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for OfMap<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_map(OfMap(PhantomData)).map(Self)
    }
}

/// A list of objects; `null` is an empty one.
fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let objects: Vec<Object<T>> = list(deserializer)?;
    Ok(objects.into_iter().map(|object| object.0).collect())
}

/// A list; `null` is an empty one, as some clients write what they leave out.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// One sort key (SDK `SearchSort`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SearchSort {
    /// `ASC`, `DESC` or `SCORE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort_order: Option<String>,
    /// Field to sort by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort_by: Option<String>,
}

/// One criterion of a search (SDK `UserSearchCriteria`). `type_` is required upstream; it is
/// optional here so that its absence gets a message of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserSearchCriteria {
    /// Kind of match, one of fourteen; see `search::CriterionType`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// Field names searched.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "list")]
    pub fields: Vec<String>,
    /// Single value to match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Values of which any may match.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "list")]
    pub values: Vec<String>,
    /// Lower bound of a `RANGE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_value: Option<String>,
    /// Upper bound of a `RANGE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_value: Option<String>,
    /// `AND`, `OR` or `NOT`: how this criterion joins the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// Java date pattern of `value`, `start_value` and `end_value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_format: Option<String>,
    /// Nested criteria (parentheses).
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "objects")]
    pub group: Vec<UserSearchCriteria>,
}

/// Answer of `POST /api/v2/users/search` (SDK `UsersSearchResponse`), users borrowed from the
/// answer's own bytes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UsersSearchResponse<'a> {
    /// Users that match, on all pages.
    pub total: u64,
    /// Pages of `page_size`.
    pub page_count: Option<u64>,
    /// Page size that was used.
    pub page_size: Option<u64>,
    /// Page that was returned.
    pub page_number: Option<u64>,
    /// The users of this page, byte for byte.
    #[serde(borrow)]
    pub results: Vec<&'a RawValue>,
}

/// Answer of `GET /api/v2/users/query` (SDK `UserCursorEntityListing`).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserCursorEntityListing<'a> {
    /// The users of this page, byte for byte.
    #[serde(borrow, default)]
    pub entities: Vec<&'a RawValue>,
    /// Token of the next page; absent or empty at the end.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Error body of every endpoint (SDK `ErrorBody`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ErrorBody {
    /// Text for a person.
    pub message: String,
    /// Machine code, such as `bad.request` (contract 7.1).
    pub code: String,
    /// HTTP status again.
    pub status: u16,
    /// Equal to the `ININ-Correlation-Id` header.
    pub context_id: String,
    /// Always sent, usually empty.
    pub details: Vec<serde_json::Value>,
    /// Always sent, usually empty.
    pub errors: Vec<serde_json::Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_may_be_null_and_objects_are_objects() {
        let read = |text: &str| serde_json::from_str::<Object<UserSearchRequest>>(text);
        let empty = Object(UserSearchRequest::default());
        assert_eq!(
            read(r#"{"query":null,"sort":null,"expand":null}"#).unwrap(),
            empty
        );
        for bad in [
            "[]",
            r#"{"sort":[[]]}"#,
            r#"{"query":[{"group":[["ASC"]]}]}"#,
            "null",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
