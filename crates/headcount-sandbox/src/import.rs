//! A people import, as an administrator does it with a CSV file: known by e-mail, users are changed
//! and others added. A blank phone, extension, title or department erases what is there; a blank
//! manager or division leaves it (official help, "Add people with .csv file import").

use std::collections::HashMap;

use headcount_core::user::Attributes;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    change,
    org::{Document, Org, State},
};

/// The columns in their order (contract `facts.md`).
const COLUMNS: [&str; 12] = [
    "name",
    "email",
    "phone_work",
    "extension",
    "title",
    "department",
    "email_manager",
    "location_work",
    "roles_divisions",
    "queues",
    "division",
    "skills",
];

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Imported {
    pub(crate) changed: u64,
    pub(crate) added: u64,
}

/// Imports a file, all of it or nothing.
///
/// # Errors
/// What is wrong with the file.
pub(crate) fn apply(
    org: &mut Org,
    file: &[u8],
    random: &mut fastrand::Rng,
) -> Result<Imported, String> {
    let mut reader = csv::Reader::from_reader(file);
    let header = reader.headers().map_err(|error| error.to_string())?;
    if header != COLUMNS.as_slice() {
        return Err(format!("the columns must be {}", COLUMNS.join(",")));
    }
    let rows: Vec<csv::StringRecord> = reader
        .records()
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    if let Some(at) = rows
        .iter()
        .position(|row| row[0].is_empty() || row[1].is_empty())
    {
        return Err(format!("row {} has no name or no email", at + 2));
    }
    let mut ids: HashMap<String, String> = HashMap::new();
    for person in org.iter() {
        if let Ok(user) = Attributes::parse(person.document())
            && let Some(email) = user.email
        {
            ids.insert(email.to_lowercase(), person.id().to_owned());
        }
    }
    let mut imported = Imported::default();
    // Whoever is added may be the manager of others.
    for row in &rows {
        ids.entry(row[1].to_lowercase()).or_insert_with(|| {
            imported.added += 1;
            let id = org.join();
            org.edit(&id, Some(State::Active), |user| {
                user.set("addresses", "[]");
                user.set("username", &text(&row[1]));
            });
            id
        });
    }
    for row in &rows {
        let id = &ids[&row[1].to_lowercase()];
        let division = Some(&row[10]).filter(|name| !name.is_empty());
        let division = division.map(|name| change::division(org, Some(name), random));
        let manager = ids.get(&row[6].to_lowercase());
        let deleted = org
            .get(id)
            .is_some_and(|person| person.state() == State::Deleted);
        org.edit(id, deleted.then_some(State::Active), |user| {
            user.set("name", &text(&row[0]));
            user.set("email", &text(&row[1]));
            phones(user, &row[2], &row[3]);
            put(user, "title", &row[4]);
            put(user, "department", &row[5]);
            if let Some(manager) = manager {
                let link = format!("/api/v2/users/{manager}");
                user.set(
                    "manager",
                    &json!({ "id": manager, "selfUri": link }).to_string(),
                );
            }
            if let Some(division) = division {
                user.set("division", &division);
            }
        });
    }
    imported.changed = rows.len() as u64 - imported.added;
    Ok(imported)
}

/// A text in place of what was there; a blank one erases it.
fn put(user: &mut Document, member: &str, value: &str) {
    if value.is_empty() {
        user.remove(member);
    } else {
        user.set(member, &text(value));
    }
}

/// The work phone and the extension in place of those that were there.
fn phones(user: &mut Document, phone: &str, extension: &str) {
    let contacts = user.get("addresses").unwrap_or("[]");
    let mut contacts: Vec<Value> = serde_json::from_str(contacts).unwrap_or_default();
    contacts.retain(|contact| {
        contact["mediaType"] != "PHONE"
            || (contact["type"] != "WORK" && contact["extension"].is_null())
    });
    if !phone.is_empty() || !extension.is_empty() {
        let mut work = json!({ "mediaType": "PHONE", "type": "WORK" });
        for (member, value) in [("address", phone), ("extension", extension)] {
            if !value.is_empty() {
                work[member] = value.into();
            }
        }
        contacts.push(work);
    }
    user.set("addresses", &Value::from(contacts).to_string());
}

fn text(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::People;

    fn org() -> (Org, fastrand::Rng) {
        let org = Org::of_people(People::new(1, false), 200);
        (org, fastrand::Rng::with_seed(5))
    }

    fn import(org: &mut Org, row: &str, random: &mut fastrand::Rng) -> Result<Imported, String> {
        let file = format!("{}\r\n{row}\r\n", COLUMNS.join(","));
        apply(org, file.as_bytes(), random)
    }

    #[test]
    fn blanks_erase_some_things_and_leave_others() {
        let (mut org, mut random) = org();
        let with_all = |person: &&crate::org::Person| {
            let document = person.document();
            ["title", "department", "manager", "WORK\""]
                .iter()
                .all(|part| document.contains(part))
        };
        let person = org.iter().find(with_all).unwrap();
        let (id, document) = (person.id().to_owned(), person.document().to_owned());
        let before: Value = serde_json::from_str(&document).unwrap();
        let email = before["email"].as_str().unwrap().to_uppercase();
        let row = format!("New Name,{email},,,,,,,,,,");
        let imported = import(&mut org, &row, &mut random).unwrap();
        assert_eq!((imported.changed, imported.added), (1, 0));
        let after: Value = serde_json::from_str(org.get(&id).unwrap().document()).unwrap();
        assert_eq!(after["name"], "New Name");
        assert!(after["title"].is_null() && after["department"].is_null());
        assert!(!after["addresses"].to_string().contains("WORK"));
        assert_eq!(after["manager"], before["manager"]);
        assert_eq!(after["division"], before["division"]);
    }

    #[test]
    fn whoever_is_not_known_is_added() {
        let (mut org, mut random) = org();
        let row = "Zoë New,zoe@example.com,+4930123,77,Agent,Sales,,,,,EMEA,";
        let imported = import(&mut org, row, &mut random).unwrap();
        assert_eq!((imported.changed, imported.added, org.len()), (0, 1, 201));
        let zoe = org
            .iter()
            .find(|person| person.document().contains("zoe@example.com"));
        let zoe = zoe.unwrap();
        let document: Value = serde_json::from_str(zoe.document()).unwrap();
        assert_eq!(
            (zoe.state(), &document["division"]["name"]),
            (State::Active, &json!("EMEA"))
        );
        assert_eq!(document["addresses"][0]["extension"], "77");
    }

    #[test]
    fn a_wrong_file_changes_nothing() {
        let (mut org, mut random) = org();
        let before = org.revision();
        assert!(import(&mut org, "No Mail,,,,,,,,,,,", &mut random).is_err());
        assert!(import(&mut org, "too,short", &mut random).is_err());
        assert!(apply(&mut org, b"name,mail\r\n", &mut random).is_err());
        assert_eq!(org.revision(), before);
    }
}
