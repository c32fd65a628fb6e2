//! What there is: the service document and `$metadata`, the same for every org and at any time.

use std::{fmt::Write, sync::OnceLock};

use serde_json::{Map, Value, json};

use super::{sets::Set, value::Kind};

/// The namespace of the types.
const NAMESPACE: &str = "headcount";

/// The service document; links begin with `base`.
pub(crate) fn service(base: &str, context: bool) -> Value {
    let sets =
        Set::ALL.map(|set| json!({"name": set.name(), "kind": "EntitySet", "url": set.name()}));
    let mut document = Map::new();
    if context {
        document.insert(
            "@odata.context".to_owned(),
            format!("{base}$metadata").into(),
        );
    }
    document.insert("value".to_owned(), sets.to_vec().into());
    Value::Object(document)
}

/// CSDL 4.0 as XML.
pub(crate) fn xml() -> &'static str {
    static XML: OnceLock<String> = OnceLock::new();
    XML.get_or_init(|| {
        let mut xml = String::from(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
             <edmx:Edmx Version=\"4.0\" xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\">\n  \
             <edmx:DataServices>\n    \
             <Schema Namespace=\"headcount\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">\n",
        );
        for set in Set::ALL {
            entity_type(set, &mut xml);
        }
        xml.push_str("      <EntityContainer Name=\"Container\">\n");
        for set in Set::ALL {
            let (name, entity) = (set.name(), set.entity());
            let _ = writeln!(
                xml,
                "        <EntitySet Name=\"{name}\" EntityType=\"{NAMESPACE}.{entity}\"/>"
            );
        }
        xml.push_str(
            "      </EntityContainer>\n    </Schema>\n  </edmx:DataServices>\n</edmx:Edmx>\n",
        );
        xml
    })
}

fn entity_type(set: Set, xml: &mut String) {
    let _ = writeln!(
        xml,
        "      <EntityType Name=\"{}\">\n        <Key>",
        set.entity()
    );
    for &place in set.key() {
        let name = &set.properties()[place].name;
        let _ = writeln!(xml, "          <PropertyRef Name=\"{name}\"/>");
    }
    xml.push_str("        </Key>\n");
    for property in set.properties() {
        let facets: String = facets(property.kind)
            .iter()
            .map(|(name, value)| format!(" {name}=\"{value}\""))
            .collect();
        let nullable = if property.nullable {
            ""
        } else {
            " Nullable=\"false\""
        };
        let (name, kind) = (&property.name, property.kind.name());
        let _ = writeln!(
            xml,
            "        <Property Name=\"{name}\" Type=\"{kind}\"{nullable}{facets}/>"
        );
    }
    xml.push_str("      </EntityType>\n");
}

/// How exact values of a type are.
fn facets(kind: Kind) -> &'static [(&'static str, u32)] {
    match kind {
        Kind::Time => &[("Precision", 3)],
        Kind::Decimal => &[("Precision", 28), ("Scale", 6)],
        _ => &[],
    }
}

/// CSDL 4.01 as JSON.
pub(crate) fn json() -> Value {
    let mut schema = Map::new();
    for set in Set::ALL {
        let properties = set.properties();
        let key: Vec<_> = set
            .key()
            .iter()
            .map(|&at| properties[at].name.clone())
            .collect();
        let mut entity = Map::new();
        entity.insert("$Kind".to_owned(), "EntityType".into());
        entity.insert("$Key".to_owned(), json!(key));
        for property in properties {
            let mut told = Map::new();
            if property.kind != Kind::Text {
                told.insert("$Type".to_owned(), property.kind.name().into());
            }
            if property.nullable {
                told.insert("$Nullable".to_owned(), true.into());
            }
            for (name, value) in facets(property.kind) {
                told.insert(format!("${name}"), (*value).into());
            }
            entity.insert(property.name.clone().into_owned(), Value::Object(told));
        }
        schema.insert(set.entity().to_owned(), Value::Object(entity));
    }
    let mut container = Map::new();
    container.insert("$Kind".to_owned(), "EntityContainer".into());
    for set in Set::ALL {
        let of = format!("{NAMESPACE}.{}", set.entity());
        container.insert(
            set.name().to_owned(),
            json!({"$Collection": true, "$Type": of}),
        );
    }
    schema.insert("Container".to_owned(), Value::Object(container));
    json!({
        "$Version": "4.01",
        "$EntityContainer": format!("{NAMESPACE}.Container"),
        NAMESPACE: schema,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Power BI keeps the types of the first refresh: whatever changes here breaks reports.
    #[test]
    fn the_metadata_changes_on_purpose_only() {
        insta::assert_snapshot!(xml());
    }

    #[test]
    fn both_forms_tell_the_same() {
        let json = json();
        for set in Set::ALL {
            let entity = &json[NAMESPACE][set.entity()];
            for property in set.properties() {
                assert!(entity.get(&*property.name).is_some(), "{}", property.name);
            }
            let wanted = format!("{NAMESPACE}.{}", set.entity());
            assert_eq!(json[NAMESPACE]["Container"][set.name()]["$Type"], wanted);
        }
    }
}
