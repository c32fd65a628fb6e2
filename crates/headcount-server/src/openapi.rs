//! The description of the API, and a page to read it without any outside host.

use axum::response::{IntoResponse, Response};
use hyper::{
    HeaderMap,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue},
};

const DOCUMENT: &str = include_str!("openapi/openapi.json");
const PAGE: &str = include_str!("openapi/docs.html");
const STYLE: &str = include_str!("openapi/docs.css");
const SCRIPT: &str = include_str!("openapi/docs.js");

pub(crate) async fn get_document() -> Response {
    file(DOCUMENT, "application/json")
}

pub(crate) async fn get_page() -> Response {
    file(PAGE, "text/html; charset=utf-8")
}

pub(crate) async fn get_style() -> Response {
    file(STYLE, "text/css; charset=utf-8")
}

pub(crate) async fn get_script() -> Response {
    file(SCRIPT, "text/javascript; charset=utf-8")
}

fn file(text: &'static str, kind: &'static str) -> Response {
    let headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'self'"),
        ),
        // It changes with the program alone.
        (CACHE_CONTROL, HeaderValue::from_static("max-age=3600")),
    ]);
    (headers, text).into_response()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fmt::Write};

    use headcount_core::{
        check::{self, Severity},
        field::{Field, Kind},
        search::{CriterionType, PageLimits, Query, StateRule, q64},
        segment::Attribute,
        wire::{ErrorBody, UserSearchRequest},
    };
    use serde_json::Value;

    use super::*;

    fn document() -> Value {
        serde_json::from_str(DOCUMENT).unwrap()
    }

    fn schema<'d>(document: &'d Value, name: &str) -> &'d Value {
        let schema = &document["components"]["schemas"][name];
        assert!(schema.is_object(), "no schema {name}");
        schema
    }

    /// The texts of an array; anything else in it is left out.
    fn texts(array: &Value) -> BTreeSet<&str> {
        let array = array.as_array().unwrap();
        let texts: BTreeSet<&str> = array.iter().filter_map(Value::as_str).collect();
        let given = array.iter().filter(|member| member.is_string()).count();
        assert_eq!(texts.len(), given, "something stands there twice");
        texts
    }

    /// Calls `each` with every object of the document.
    fn each_object<'d>(value: &'d Value, each: &mut dyn FnMut(&'d Value)) {
        match value {
            Value::Object(members) => {
                each(value);
                members.values().for_each(|value| each_object(value, each));
            }
            Value::Array(values) => values.iter().for_each(|value| each_object(value, each)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_everything_is_referred_to() {
        let document = document();
        let mut used = BTreeSet::new();
        each_object(&document, &mut |object| {
            if let Some(reference) = object.get("$ref") {
                let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
                assert!(document.pointer(pointer).is_some(), "{pointer}");
                used.insert(pointer.to_owned());
            }
        });
        for part in ["schemas", "parameters", "headers", "responses"] {
            for name in document["components"][part].as_object().unwrap().keys() {
                let pointer = format!("/components/{part}/{name}");
                assert!(used.contains(&pointer), "nothing refers to {pointer}");
            }
        }
    }

    #[test]
    fn operations_are_named_once_and_links_name_them() {
        let document = document();
        let (mut named, mut linked) = (BTreeSet::new(), BTreeSet::new());
        each_object(&document["paths"], &mut |object| {
            let name = object.get("operationId").and_then(Value::as_str);
            if let Some(name) = name {
                if object.get("responses").is_some() {
                    assert!(named.insert(name), "{name} twice");
                } else {
                    linked.insert(name);
                }
            }
        });
        assert!(!linked.is_empty() && linked.is_subset(&named), "{linked:?}");
    }

    #[test]
    fn criterion_types_are_those_that_are_searched_by() {
        let document = document();
        let all: BTreeSet<&str> = CriterionType::ALL.map(CriterionType::name).into();
        let criterion = schema(&document, "UserSearchCriteria");
        assert_eq!(texts(&criterion["properties"]["type"]["enum"]), all);
        let mut described = BTreeSet::new();
        for variant in criterion["anyOf"].as_array().unwrap() {
            let name = variant["$ref"]
                .as_str()
                .unwrap()
                .rsplit('/')
                .next()
                .unwrap();
            let type_ = &schema(&document, name)["properties"]["type"];
            let names = match type_.get("const") {
                Some(only) => BTreeSet::from([only.as_str().unwrap()]),
                // A mere group may have any type.
                None if name == "GroupCriterion" => BTreeSet::new(),
                None => texts(&type_["enum"]),
            };
            for name in names {
                assert!(described.insert(name), "{name} is described twice");
            }
        }
        assert_eq!(described, all);
    }

    #[test]
    fn fields_are_those_of_the_registry_and_the_two_aliases() {
        let document = document();
        let of = |wanted: fn(Kind) -> bool| {
            let fields = Field::all().filter(move |field| wanted(field.kind()));
            fields.map(Field::path).collect::<BTreeSet<_>>()
        };
        let named = |name: &str| texts(&schema(&document, name)["enum"]);
        let is_text = |kind| !matches!(kind, Kind::Number | Kind::Date);
        let mut text = of(is_text);
        text.extend(["division", "manager"]);
        assert_eq!(named("TextFieldName"), text);
        assert_eq!(named("NumberFieldName"), of(|kind| kind == Kind::Number));
        assert_eq!(named("DateFieldName"), of(|kind| kind == Kind::Date));
        for alias in ["division", "manager"] {
            assert!(Field::parse_any(alias).unwrap().len() > 1);
        }
        let parts = &schema(&document, "FieldName")["anyOf"];
        assert_eq!(parts.as_array().unwrap().len(), 3);
    }

    #[test]
    fn attributes_and_rules_are_those_there_are() {
        let document = document();
        let attribute = &schema(&document, "SegmentAttribute")["anyOf"];
        for name in texts(&attribute[0]["enum"]) {
            Attribute::parse(name).unwrap_or_else(|error| panic!("{error}"));
        }
        assert_eq!(attribute.as_array().unwrap().len(), 2);
        for name in ["TextFieldName", "NumberFieldName", "DateFieldName"] {
            for name in texts(&schema(&document, name)["enum"]) {
                Attribute::parse(name).unwrap_or_else(|error| panic!("{error}"));
            }
        }
        let rules = check::rules().flat_map(|rule| [rule.id, rule.name]);
        assert_eq!(texts(&schema(&document, "Rule")["enum"]), rules.collect());
        let severities = Severity::WORST_FIRST.map(Severity::name);
        assert_eq!(
            texts(&schema(&document, "Severity")["enum"]),
            severities.into()
        );
    }

    #[test]
    fn entity_sets_are_those_of_the_feed() {
        let document = document();
        let sets = crate::odata::sets();
        assert_eq!(
            texts(&schema(&document, "ODataSet")["enum"]),
            sets.collect()
        );
    }

    /// What stands beside each other in an example is what the schema says there is.
    #[test]
    fn examples_of_reports_have_every_member() {
        let document = document();
        for (path, name) in [
            ("/headcount/v1/managers/{id}/tree", "ManagerTree"),
            ("/headcount/v1/reports/aht", "HandleTimeReport"),
            ("/headcount/v1/reports/evaluations", "EvaluationReport"),
            ("/headcount/v1/findings", "Findings"),
        ] {
            let answer = &document["paths"][path]["get"]["responses"]["200"];
            let examples = answer["content"]["application/json"]["examples"].as_object();
            let told = schema(&document, name);
            for example in examples.unwrap().values() {
                let members: BTreeSet<&str> = example["value"]
                    .as_object()
                    .unwrap()
                    .keys()
                    .map(String::as_str)
                    .collect();
                let known = told["properties"].as_object().unwrap().keys();
                let known: BTreeSet<&str> = known.map(String::as_str).collect();
                assert!(texts(&told["required"]).is_subset(&members), "{path}");
                assert!(members.is_subset(&known), "{path}");
            }
        }
    }

    #[test]
    fn page_bounds_are_those_that_are_checked() {
        let document = document();
        let most = PageLimits::default().max_size;
        let parameter = &document["components"]["parameters"]["pageSize"]["schema"];
        let member = &schema(&document, "UserSearchRequest")["properties"]["pageSize"];
        for bounds in [parameter, member] {
            assert_eq!(
                (&bounds["minimum"], &bounds["maximum"]),
                (&1.into(), &most.into())
            );
            assert_eq!(
                bounds["default"],
                headcount_core::search::page::DEFAULT_PAGE_SIZE
            );
        }
    }

    #[test]
    fn examples_of_requests_are_accepted() {
        let document = document();
        let search = &document["paths"]["/api/v2/users/search"];
        let bodies = &search["post"]["requestBody"]["content"]["application/json"]["examples"];
        for (name, example) in bodies.as_object().unwrap() {
            let request: UserSearchRequest = serde_json::from_value(example["value"].clone())
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            Query::compile(
                &request,
                StateRule::ActiveUnlessAsked,
                &PageLimits::default(),
            )
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        let link = &search["get"]["parameters"][0]["examples"]["genesys"]["value"];
        let request = q64::decode(link.as_str().unwrap()).unwrap();
        assert_eq!(request.query[0].value.as_deref(), Some("Smith"));
    }

    #[test]
    fn errors_have_the_shape_and_status_that_are_told() {
        let document = document();
        let mut seen = 0;
        for (path, item) in document["paths"].as_object().unwrap() {
            for operation in item.as_object().unwrap().values() {
                for (status, response) in operation["responses"].as_object().unwrap() {
                    let Some(reference) = response.get("$ref").and_then(Value::as_str) else {
                        continue;
                    };
                    let response = document.pointer(&reference[1..]).unwrap();
                    let Some(examples) = response.pointer("/content/application~1json/examples")
                    else {
                        // Errors of the feed have the shape of OData.
                        let is_odata = reference.ends_with("/ODataRefused");
                        assert!(
                            is_odata || ["304", "431"].contains(&status.as_str()),
                            "{path}"
                        );
                        continue;
                    };
                    for example in examples.as_object().unwrap().values() {
                        let error: ErrorBody =
                            serde_json::from_value(example["value"].clone()).unwrap();
                        assert_eq!(error.status.to_string(), *status, "{path} {reference}");
                        assert!(!error.code.is_empty() && !error.message.is_empty());
                        seen += 1;
                    }
                }
            }
        }
        assert!(seen > 50, "{seen}");
    }

    /// What is ours alone says so; a reader who moves on to Genesys Cloud must not rely on it.
    #[test]
    fn extensions_are_marked() {
        let document = document();
        let marked = |value: &Value| value.get("x-headcount-extension") == Some(&true.into());
        for (path, item) in document["paths"].as_object().unwrap() {
            let of_genesys = path == "/oauth/token" || path.starts_with("/api/v2/");
            for operation in item.as_object().unwrap().values() {
                assert_eq!(marked(operation), !of_genesys, "{path}");
            }
        }
        for (schema_name, member) in [
            ("UserSearchRequest", "asOf"),
            ("UserSearchRequest", "aggregations"),
            ("UsersSearchResponse", "aggregations"),
        ] {
            let properties = &schema(&document, schema_name)["properties"];
            assert!(marked(&properties[member]), "{schema_name}.{member}");
        }
        assert!(marked(&document["components"]["parameters"]["asOf"]));
    }

    /// One line for each operation, and a print of the whole: whatever changes is seen in review.
    #[test]
    fn the_document_changes_on_purpose_only() {
        let document = document();
        let mut summary = String::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let statuses: Vec<&str> = operation["responses"]
                    .as_object()
                    .unwrap()
                    .keys()
                    .map(String::as_str)
                    .collect();
                let parameters: Vec<&str> = operation["parameters"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(
                        |parameter| match parameter.get("$ref").and_then(Value::as_str) {
                            Some(reference) => reference.rsplit('/').next().unwrap(),
                            None => parameter["name"].as_str().unwrap(),
                        },
                    )
                    .collect();
                let method = method.to_uppercase();
                writeln!(summary, "{method} {path} -> {}", statuses.join(" ")).unwrap();
                if !parameters.is_empty() {
                    writeln!(summary, "    {}", parameters.join(" ")).unwrap();
                }
            }
        }
        writeln!(summary, "\nschemas").unwrap();
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            let members = schema["properties"].as_object();
            let members: Vec<&str> = members
                .into_iter()
                .flatten()
                .map(|m| m.0.as_str())
                .collect();
            writeln!(summary, "{name}: {}", members.join(" ")).unwrap();
        }
        let digest = ring::digest::digest(&ring::digest::SHA256, DOCUMENT.as_bytes());
        let digest = digest.as_ref().iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        writeln!(summary, "\nSHA-256 of the document: {digest}").unwrap();
        insta::assert_snapshot!(summary);
    }

    #[test]
    fn the_page_needs_nothing_but_its_own_files() {
        // The policy lets the browser load nothing else, and run no script that stands in the page.
        for (text, kind) in [(PAGE, "page"), (STYLE, "style"), (SCRIPT, "script")] {
            for foreign in ["http://", "https://", "//cdn", "@import", "eval("] {
                assert!(!text.contains(foreign), "{kind} has {foreign}");
            }
        }
        for inline in ["<style", " style=", " onclick=", "javascript:", "<script>"] {
            assert!(!PAGE.contains(inline), "{inline}");
        }
        assert!(
            !SCRIPT.contains("innerHTML"),
            "the document is text, not markup"
        );
        for file in ["docs/docs.css", "docs/docs.js"] {
            assert!(PAGE.contains(&format!("\"{file}\"")), "{file}");
        }
        let page = file(PAGE, "text/html; charset=utf-8");
        assert_eq!(
            page.headers()[CONTENT_SECURITY_POLICY],
            "default-src 'self'"
        );
    }
}
