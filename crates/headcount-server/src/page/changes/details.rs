//! From what to what: the two versions of a user at a moment, as somebody may see them.

use std::collections::HashMap;

use headcount_core::{
    change::FieldChange,
    delta::in_divisions,
    field::Column,
    history::{self, Version},
    movement::{Move, MoveKind},
    search::text::is_blank,
    user::Attributes,
};
use headcount_store::Store;
use serde_json::Value;

use crate::{app::Sight, error::ApiError, page::fit};

/// Fields of a move that are shown; the person's own view shows all.
const MOST: usize = 6;

/// The fields that people know, in the order in which they are shown; others come behind them.
const FIRST: [&str; 6] = [
    "state",
    "department",
    "title",
    "division",
    "manager",
    "name",
];

/// A field with its values before and after.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) old: Option<String>,
    pub(super) new: Option<String>,
}

/// Fields of one move.
pub(super) struct Fields {
    pub(super) shown: Vec<Field>,
    /// How many there are beside them.
    pub(super) more: usize,
}

/// The fields of some moves, in their order.
pub(super) struct Details(Vec<Fields>);

impl Details {
    /// Reads what differs in each of `moves`, for somebody who is limited to `divisions`. Blocks.
    pub(super) fn read(
        store: &dyn Store,
        org: &str,
        divisions: Option<&[String]>,
        sight: &Sight,
        moves: &[&Move],
    ) -> Result<Self, ApiError> {
        let head_ms = sight.loaded().snapshot.published_ms;
        let sees = in_divisions(divisions);
        let mut lives: HashMap<&str, Vec<Version>> = HashMap::new();
        for one in moves {
            if lives.contains_key(&*one.user_id) {
                continue;
            }
            let mut life = Vec::new();
            store.history(org, Some(&one.user_id), None, &mut |version| {
                // What a later snapshot tells is not known yet.
                if version.valid_from <= head_ms && sees(&version) {
                    life.push(version);
                }
            })?;
            lives.insert(&one.user_id, life);
        }
        let names = Names { sight };
        let all = moves.iter().map(|one| {
            let life = lives.get(&*one.user_id).map_or(&[][..], Vec::as_slice);
            let mut fields = fields(life, one, &names);
            fields.sort_by_key(|field| rank(&field.name));
            let more = fields.len().saturating_sub(MOST);
            fields.truncate(MOST);
            Fields {
                shown: fields,
                more,
            }
        });
        Ok(Self(all.collect()))
    }

    /// Every text, for who has to make room for them.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, usize)> + Clone {
        let fields = self.0.iter().flat_map(|fields| &fields.shown);
        fields.flat_map(|field| {
            let values = [field.old.as_deref(), field.new.as_deref()];
            let texts = [Some(field.name.as_str())].into_iter().chain(values);
            texts.flatten().map(|text| (text, 1))
        })
    }

    /// All of them, with texts of `width` characters at most.
    pub(super) fn into_fields(self, width: usize) -> impl Iterator<Item = Fields> {
        let cut = move |text: String| fit::cut(&text, width).into_owned();
        let cut = move |field: Field| Field {
            name: cut(field.name),
            old: field.old.map(cut),
            new: field.new.map(cut),
        };
        self.0.into_iter().map(move |fields| Fields {
            shown: fields.shown.into_iter().map(cut).collect(),
            ..fields
        })
    }
}

/// Where a field stands among others.
fn rank(name: &str) -> (usize, String) {
    let first = FIRST.iter().position(|known| *known == name);
    (first.unwrap_or(FIRST.len()), name.to_owned())
}

/// What differs at a move. `life` is what is seen of the user, in order.
fn fields(life: &[Version], one: &Move, names: &impl Named) -> Vec<Field> {
    let at_ms = one.at_ms;
    let new = life.iter().find(|version| version.valid_from == at_ms);
    let ended = |version: &&Version| version.valid_to.is_some_and(|to_ms| to_ms <= at_ms);
    let old = life.iter().rev().find(ended).filter(|old| {
        // Somebody who joins has no life before, and somebody who returns has one with a gap.
        one.kind == MoveKind::Returned || old.valid_to == Some(at_ms)
    });
    match (old, new) {
        (Some(old), Some(new)) => differing(old, new, names),
        (None, Some(new)) => usual(new, names)
            .map(|(name, value)| Field {
                name: name.to_owned(),
                old: None,
                new: Some(value),
            })
            .collect(),
        (Some(old), None) => usual(old, names)
            .map(|(name, value)| Field {
                name: name.to_owned(),
                old: Some(value),
                new: None,
            })
            .collect(),
        (None, None) => Vec::new(),
    }
}

/// What people want to know of somebody who comes or goes.
fn usual(version: &Version, names: &impl Named) -> impl Iterator<Item = (&'static str, String)> {
    // It was a user when it was stored.
    let user = Attributes::parse(&version.document).unwrap_or_default();
    let some = |text: Option<&str>| text.filter(|text| !is_blank(text)).map(str::to_owned);
    let manager = user.manager_id.as_deref();
    [
        ("department", some(user.department.as_deref())),
        ("title", some(user.title.as_deref())),
        ("division", division(&user)),
        ("manager", manager.map(|id| names.name(id))),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
}

fn differing(old: &Version, new: &Version, names: &impl Named) -> Vec<Field> {
    // The store takes no document that is none.
    let changes = history::changes(&old.document, &new.document).unwrap_or_default();
    let before = Attributes::parse(&old.document).unwrap_or_default();
    let after = Attributes::parse(&new.document).unwrap_or_default();
    let name = |id: &Option<std::borrow::Cow<'_, str>>| id.as_deref().map(|id| names.name(id));
    let mut fields: Vec<Field> = Vec::new();
    for change in changes {
        let field = match first_of(&change.path) {
            // Links say again what the ids say.
            _ if change.path.ends_with("selfUri") => continue,
            "division" => Field {
                name: "division".to_owned(),
                old: division(&before),
                new: division(&after),
            },
            "manager" if before.manager_id != after.manager_id => Field {
                name: "manager".to_owned(),
                old: name(&before.manager_id),
                new: name(&after.manager_id),
            },
            _ => plain(change),
        };
        // Id and name of a division are one change.
        if !fields.iter().any(|known| known.name == field.name) {
            fields.push(field);
        }
    }
    fields
}

/// The member of the document that a path begins with.
fn first_of(path: &str) -> &str {
    path.split_once('.').map_or(path, |(first, _)| first)
}

fn plain(change: FieldChange) -> Field {
    let written = |value: Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    };
    Field {
        name: change.path,
        old: change.old.and_then(written),
        new: change.new.and_then(written),
    }
}

/// The name of a user's division, else its id.
fn division(user: &Attributes<'_>) -> Option<String> {
    let name = user.division_name.as_deref();
    let name = name.filter(|name| !is_blank(name));
    name.or(user.division_id.as_deref()).map(str::to_owned)
}

/// Who knows what ids of managers stand for.
trait Named {
    fn name(&self, id: &str) -> String;
}

/// Names of those in sight; of others the id, which is all that a document says.
struct Names<'s> {
    sight: &'s Sight,
}

impl Named for Names<'_> {
    fn name(&self, id: &str) -> String {
        let row = self.sight.view().row_of(id);
        let roster = &self.sight.loaded().roster;
        let name = row.and_then(|row| roster.value(row, Column::Name));
        name.unwrap_or(id).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    impl Named for () {
        fn name(&self, id: &str) -> String {
            format!("name of {id}")
        }
    }

    fn version(from: i64, to: Option<i64>, document: &Value) -> Version {
        Version {
            user_id: "u".to_owned(),
            valid_from: from,
            valid_to: to,
            document: document.to_string(),
        }
    }

    fn of(life: &[Version], at_ms: i64, kind: MoveKind) -> Vec<String> {
        let one = Move {
            at_ms,
            kind,
            user_id: "u".into(),
            departments: [0, 0],
        };
        let mut fields = fields(life, &one, &());
        fields.sort_by_key(|field| rank(&field.name));
        let told = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        fields
            .into_iter()
            .map(|field| format!("{}: {} {}", field.name, told(field.old), told(field.new)))
            .collect()
    }

    fn life() -> Vec<Version> {
        let first = json!({
            "id": "u", "state": "active", "name": "A", "department": "x",
            "division": {"id": "d", "name": "D", "selfUri": "/d"},
            "manager": {"id": "m", "selfUri": "/m"}, "addresses": [1],
        });
        let second = json!({
            "id": "u", "state": "active", "name": "B", "department": null,
            "division": {"id": "e", "name": "E", "selfUri": "/e"},
            "manager": {"id": "n", "selfUri": "/n"}, "addresses": [1, 2],
        });
        let third = json!({"id": "u", "state": "deleted", "division": {"id": "e"}});
        vec![
            version(10, Some(20), &first),
            version(20, Some(30), &second),
            version(50, Some(60), &first),
            version(60, None, &third),
        ]
    }

    #[test]
    fn what_differs_is_told_once_and_by_name() {
        let life = life();
        assert_eq!(
            of(&life, 20, MoveKind::Moved),
            [
                "department: x -",
                "division: D E",
                "manager: name of m name of n",
                "name: A B",
                "addresses: [1] [1,2]",
            ]
        );
        assert_eq!(
            of(&life, 50, MoveKind::Returned),
            [
                "department: - x",
                "division: E D",
                "manager: name of n name of m",
                "name: B A",
                "addresses: [1,2] [1]",
            ]
        );
    }

    #[test]
    fn who_comes_or_goes_is_told_with_the_usual_fields() {
        let life = life();
        assert_eq!(
            of(&life, 10, MoveKind::Joined),
            ["department: - x", "division: - D", "manager: - name of m"]
        );
        assert_eq!(
            of(&life, 30, MoveKind::Left),
            ["division: E -", "manager: name of n -"]
        );
        let deleted = of(&life, 60, MoveKind::Left);
        assert_eq!(deleted[0], "state: active deleted");
        // A version out of sight is not even there.
        assert_eq!(of(&life[1..], 20, MoveKind::Joined)[0], "division: - E");
        assert!(of(&[], 20, MoveKind::Left).is_empty());
    }
}
