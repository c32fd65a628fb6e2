//! A user of a made-up org.

use std::fmt::Write;

/// A user as upstream would tell.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) state: &'static str,
    pub(crate) department: Option<String>,
    pub(crate) title: Option<&'static str>,
    /// Number of the division.
    pub(crate) division: Option<usize>,
    /// Id of the manager.
    pub(crate) manager: Option<String>,
}

impl Person {
    /// The JSON of the user.
    pub(crate) fn document(&self) -> String {
        let mut json = format!(r#"{{"id":"{}","state":"{}""#, self.id, self.state);
        let texts = [
            ("name", self.name.as_deref()),
            ("department", self.department.as_deref()),
            ("title", self.title),
        ];
        for (member, text) in texts {
            if let Some(text) = text {
                // Writing to a text cannot fail.
                let _ = write!(json, r#","{member}":"{text}""#);
            }
        }
        if let Some(division) = self.division {
            let (id, name) = (division_id(division), division_name(division));
            let _ = write!(json, r#","division":{{"id":"{id}","name":"{name}"}}"#);
        }
        if let Some(manager) = &self.manager {
            let _ = write!(json, r#","manager":{{"id":"{manager}"}}"#);
        }
        json.push('}');
        json
    }
}

fn division_id(number: usize) -> String {
    format!("{number:08x}-d1d1-4000-8000-000000000000")
}

/// Number 0 is where the deleted go.
fn division_name(number: usize) -> String {
    match number {
        0 => "Home".to_owned(),
        number => format!("Division {number}"),
    }
}

/// An id like those of upstream.
pub(crate) fn id(random: &mut fastrand::Rng) -> String {
    let digits = format!("{:032x}", random.u128(..));
    let (a, b, c) = (&digits[..8], &digits[8..12], &digits[13..16]);
    format!("{a}-{b}-4{c}-a{}-{}", &digits[17..20], &digits[20..])
}
