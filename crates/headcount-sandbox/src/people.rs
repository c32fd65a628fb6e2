//! Realistic people from a seed: the same seed and number give the same person, byte for byte.

mod words;

use std::fmt::Write;

use words::{CERTIFICATIONS, DEPARTMENTS, DIVISIONS, LOCALES, Locale, ORNAMENTS, TITLES};

use crate::org::{Person, State};

/// Share of users that are active and inactive; the rest is deleted (57,000 give about 34,000,
/// 15,000 and 8,000).
const ACTIVE: f64 = 0.597;
const INACTIVE: f64 = 0.263;
/// Users under one manager.
const TEAM: u64 = 12;
/// Below this many users one thread is quickest.
const WORTH_A_THREAD: usize = 20_000;

/// Makes people; holds what they share.
#[derive(Clone, Debug)]
pub struct People {
    seed: u64,
    upper_case: bool,
}

/// Where a user belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    /// Id.
    pub id: String,
    /// Name; may be empty.
    pub name: &'static str,
}

impl People {
    /// People of `seed`; ids in upper case if `upper_case`.
    #[must_use]
    pub fn new(seed: u64, upper_case: bool) -> Self {
        Self { seed, upper_case }
    }

    /// The people numbered 0 to `count` - 1, made on all processors.
    #[must_use]
    pub fn crowd(&self, count: usize) -> Vec<Person> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = threads.min(count / WORTH_A_THREAD + 1);
        let share = count.div_ceil(threads).max(1);
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads)
                .map(|worker| {
                    let numbers = (worker * share).min(count)..((worker + 1) * share).min(count);
                    scope.spawn(move || {
                        numbers
                            .map(|number| self.person(number as u64))
                            .collect::<Vec<_>>()
                    })
                })
                .collect();
            let mut crowd = Vec::with_capacity(count);
            for worker in workers {
                match worker.join() {
                    Ok(part) => crowd.extend(part),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            crowd
        })
    }

    /// Id of this org.
    #[must_use]
    pub fn org_id(&self) -> String {
        self.uuid(3, 0)
    }

    /// Seed of all.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Id of queue number `at`.
    pub(crate) fn queue(&self, at: usize) -> String {
        self.uuid(6, at as u64)
    }

    /// All divisions; the first is Home.
    #[must_use]
    pub fn divisions(&self) -> Vec<Division> {
        (0..=DIVISIONS.len()).map(|at| self.division(at)).collect()
    }

    fn division(&self, at: usize) -> Division {
        Division {
            id: self.uuid(2, at as u64),
            name: if at == 0 { "Home" } else { DIVISIONS[at - 1] },
        }
    }

    /// A spelling of a department.
    pub(crate) fn department(random: &mut fastrand::Rng) -> &'static str {
        // The first departments are the larger ones.
        let at = random
            .usize(..DEPARTMENTS.len())
            .min(random.usize(..DEPARTMENTS.len()));
        let spellings = DEPARTMENTS[at];
        if random.f64() < 0.85 {
            spellings[0]
        } else {
            spellings[random.usize(..spellings.len())]
        }
    }

    /// A display name, and the same in letters for an address.
    pub(crate) fn name(random: &mut fastrand::Rng) -> (String, String, &'static str) {
        let locale = Self::locale(random);
        let (name, local, given) = Self::name_of(locale, random);
        (name, local, given)
    }

    fn locale(random: &mut fastrand::Rng) -> &'static Locale {
        if random.f64() < 0.45 {
            &LOCALES[0]
        } else {
            &LOCALES[random.usize(..LOCALES.len())]
        }
    }

    fn name_of(locale: &Locale, random: &mut fastrand::Rng) -> (String, String, &'static str) {
        let (given, given_ascii) = locale.given[random.usize(..locale.given.len())];
        let (family, family_ascii) = locale.family[random.usize(..locale.family.len())];
        let mut name = if locale.family_first {
            format!("{family} {given}")
        } else if random.f64() < 0.08 {
            format!("{family}, {given}")
        } else {
            format!("{given} {family}")
        };
        if random.f64() < 0.01 {
            name.push(' ');
            name.push_str(ORNAMENTS[random.usize(..ORNAMENTS.len())]);
        }
        (name, format!("{given_ascii}.{family_ascii}"), given)
    }

    /// Person `number`.
    #[must_use]
    #[expect(
        clippy::too_many_lines,
        reason = "one document, member after member in wire order"
    )]
    pub fn person(&self, number: u64) -> Person {
        let mut random = self.random(0, number);
        let id = self.uuid(1, number);
        let state = match random.f64() {
            share if share < ACTIVE => State::Active,
            share if share < ACTIVE + INACTIVE => State::Inactive,
            _ => State::Deleted,
        };
        let locale = Self::locale(&mut random);
        let (name, local, given) = Self::name_of(locale, &mut random);
        let email = format!("{local}.{number}@example.com");
        let home = state == State::Deleted || random.f64() < 0.3;
        let division = self.division(if home {
            0
        } else {
            1 + random.usize(..DIVISIONS.len())
        });

        let mut doc = String::with_capacity(1400);
        let out = &mut doc;
        member(out, "{\"id\":", &id);
        member(out, ",\"name\":", &name);
        member(out, ",\"division\":{\"id\":", &division.id);
        member(out, ",\"name\":", division.name);
        let _ = write!(
            out,
            ",\"selfUri\":\"/api/v2/authorization/divisions/{}\"}}",
            division.id
        );
        let _ = write!(
            out,
            ",\"chat\":{{\"jabberId\":\"{:024x}@sandbox.orgspan.com\"}}",
            random.u128(..) >> 32
        );
        let department = (random.f64() < 0.9).then(|| Self::department(&mut random));
        if let Some(department) = department {
            member(out, ",\"department\":", department);
        }
        member(out, ",\"email\":", &email);
        let phone = (random.f64() < 0.7)
            .then(|| format!("{}{}", locale.dial, random.u64(200_000_000..999_999_999)));
        let extension = (random.f64() < 0.3).then(|| random.u32(1000..99999));
        let _ = write!(out, ",\"primaryContactInfo\":[");
        if let Some(phone) = &phone {
            let _ = write!(
                out,
                "{{\"address\":\"{phone}\",\"display\":\"{phone}\",\"mediaType\":\"PHONE\",\"type\":\"PRIMARY\",\"countryCode\":\"{}\"}},",
                locale.country
            );
        }
        let _ = write!(
            out,
            "{{\"address\":\"{email}\",\"mediaType\":\"EMAIL\",\"type\":\"PRIMARY\"}}],\"addresses\":["
        );
        if let Some(phone) = &phone {
            let _ = write!(
                out,
                "{{\"address\":\"{phone}\",\"display\":\"{phone}\",\"mediaType\":\"PHONE\",\"type\":\"WORK\",\"countryCode\":\"{}\"}}",
                locale.country
            );
        }
        if let Some(extension) = extension {
            let comma = if phone.is_some() { "," } else { "" };
            let _ = write!(
                out,
                "{comma}{{\"display\":\"{extension}\",\"mediaType\":\"PHONE\",\"type\":\"WORK2\",\"extension\":\"{extension}\"}}"
            );
        }
        let _ = write!(out, "],\"state\":\"{}\"", state.as_str());
        if random.f64() < 0.75 {
            member(out, ",\"title\":", TITLES[random.usize(..TITLES.len())]);
        }
        member(out, ",\"username\":", &email);
        if let Some(manager) = self.manager(number, &mut random) {
            let _ = write!(
                out,
                ",\"manager\":{{\"id\":\"{manager}\",\"selfUri\":\"/api/v2/users/{manager}\"}}"
            );
        }
        if random.f64() < 0.35 {
            let image = self.uuid(4, number);
            let _ = write!(out, ",\"images\":[");
            for (at, size) in ["x48", "x96", "x128"].iter().enumerate() {
                let comma = if at == 0 { "" } else { "," };
                let _ = write!(
                    out,
                    "{comma}{{\"resolution\":\"{size}\",\"imageUri\":\"https://api-downloads.mypurecloud.de/directory-profile/{image}.{size}.jpg\"}}"
                );
            }
            out.push(']');
        }
        let _ = write!(out, ",\"version\":{}", random.u32(1..60));
        if random.f64() < 0.05 {
            let certification = CERTIFICATIONS[random.usize(..CERTIFICATIONS.len())];
            member(out, ",\"certifications\":[", certification);
            out.push(']');
        }
        if random.f64() < 0.03 {
            member(
                out,
                ",\"biography\":{\"biography\":",
                "Likes \"shouting\"\n\tand 🎣.",
            );
            out.push_str(",\"hobbies\":[\"chess\"]}");
        }
        if random.f64() < 0.15 {
            let (year, month, day) = (random.u32(1998..2026), random.u32(1..13), random.u32(1..29));
            let _ = write!(
                out,
                ",\"employerInfo\":{{\"employeeId\":\"E{number:07}\",\"employeeType\":\"Full-time\",\"dateHire\":\"{year}-{month:02}-{day:02}\"}}"
            );
        }
        if random.f64() < 0.4 {
            member(out, ",\"preferredName\":", given);
        }
        let automatic = random.f64() < 0.2;
        let _ = write!(
            out,
            ",\"acdAutoAnswer\":{automatic},\"selfUri\":\"/api/v2/users/{id}\"}}"
        );
        Person::new(id, doc, state, department)
    }

    /// A manager out of the tree: most users have one, some have none, and a few name somebody who
    /// does not exist. Some managers are themselves deleted.
    fn manager(&self, number: u64, random: &mut fastrand::Rng) -> Option<String> {
        if number == 0 {
            return None;
        }
        match random.f64() {
            share if share < 0.04 => None,
            share if share < 0.045 => Some(self.uuid(5, number)),
            _ => Some(self.uuid(1, (number - 1) / TEAM)),
        }
    }

    fn random(&self, kind: u64, number: u64) -> fastrand::Rng {
        let mixed = mix(self.seed ^ mix(kind.wrapping_mul(0x9e37_79b9) ^ mix(number)));
        fastrand::Rng::with_seed(mixed)
    }

    fn uuid(&self, kind: u64, number: u64) -> String {
        let id = uuid(&mut self.random(kind, number));
        if self.upper_case {
            id.to_uppercase()
        } else {
            id
        }
    }
}

/// A version 4 UUID in lower case.
pub(crate) fn uuid(random: &mut fastrand::Rng) -> String {
    let bits = random.u128(..) & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

/// Spreads the bits of a number over all of it (the finisher of SplitMix64).
pub(crate) fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn member(out: &mut String, key: &str, text: &str) {
    out.push_str(key);
    push_json(out, text);
}

/// Appends `text` as a JSON string.
pub(crate) fn push_json(out: &mut String, text: &str) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            control if (control as u32) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", control as u32);
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use headcount_core::user::Attributes;

    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_people_and_another_gives_others() {
        let (a, b) = (
            People::new(1, false).crowd(500),
            People::new(1, false).crowd(500),
        );
        assert!(a.iter().zip(&b).all(|(a, b)| a.document() == b.document()));
        let c = People::new(2, false).crowd(500);
        assert!(a.iter().zip(&c).all(|(a, c)| a.id() != c.id()));
        // However many threads share the work.
        assert_eq!(
            People::new(1, false).crowd(45_000)[44_999].document(),
            People::new(1, false).person(44_999).document()
        );
    }

    #[test]
    fn people_look_like_the_real_ones() {
        let crowd = People::new(3, false).crowd(5000);
        let mut ids = HashSet::new();
        let (mut bytes, mut unnamed, mut bare) = (0, 0, 0);
        for person in &crowd {
            let value: serde_json::Value = serde_json::from_str(person.document()).unwrap();
            let user = Attributes::parse(person.document()).unwrap();
            assert_eq!(user.id, person.id());
            assert_eq!(user.state, person.state().as_str());
            assert!(ids.insert(person.id().to_owned()));
            assert_eq!(person.id().as_bytes()[14], b'4');
            assert!(
                value
                    .as_object()
                    .unwrap()
                    .values()
                    .all(|member| !member.is_null())
            );
            if person.state() == State::Deleted {
                assert_eq!(user.division_name.as_deref(), Some("Home"));
            }
            unnamed += usize::from(user.division_name.as_deref() == Some(""));
            bare += usize::from(user.manager_id.is_none());
            bytes += person.document().len();
        }
        assert!(
            (800..1300).contains(&(bytes / crowd.len())),
            "{}",
            bytes / crowd.len()
        );
        assert!(unnamed > 50 && bare > 100);
    }

    #[test]
    fn states_are_shared_out_as_in_the_sample_org() {
        let crowd = People::new(9, false).crowd(57_000);
        let count = |state| {
            crowd
                .iter()
                .filter(|person| person.state() == state)
                .count()
        };
        assert!((33_000..35_000).contains(&count(State::Active)));
        assert!((14_500..15_500).contains(&count(State::Inactive)));
        assert!((7_500..8_500).contains(&count(State::Deleted)));
    }
}
