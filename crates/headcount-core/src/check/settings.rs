//! What people may change about the rules: the `[check]` table of the settings file.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};

use super::{RuleInfo, Severity, UnknownRule, rule};

/// What people may change about the rules.
///
/// ```toml
/// email_domains = ["example.com", "*.example.org"]
/// home_division = "Home"
///
/// [HC010]                 # or its name, span-too-wide
/// enabled = true
/// severity = "warning"
/// threshold = 40
/// except = ["6a1c…", "Back Office"]
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Domains of the org's own e-mail addresses, in any case; `*.example.org` is every one below
    /// `example.org`. Empty: addresses outside them are not looked for.
    pub email_domains: Vec<String>,
    /// Name or id of the division into which Genesys Cloud puts whoever is put nowhere else.
    pub home_division: String,
    rules: BTreeMap<&'static str, RuleSettings>,
}

/// What people may change about one rule.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleSettings {
    /// Whether it runs.
    pub enabled: bool,
    /// How bad its findings are; `None` for as bad as the rule itself says.
    pub severity: Option<Severity>,
    /// The number that it goes by; `None` for that of the rule itself.
    pub threshold: Option<u32>,
    /// User ids (in any case) and values (to the letter) about which it is silent.
    pub except: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            email_domains: Vec::new(),
            home_division: "Home".to_owned(),
            rules: BTreeMap::new(),
        }
    }
}

impl Default for RuleSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            severity: None,
            threshold: None,
            except: Vec::new(),
        }
    }
}

impl Settings {
    /// The settings of a rule; `None` where nobody changed any.
    #[must_use]
    pub fn rule(&self, info: &RuleInfo) -> Option<&RuleSettings> {
        self.rules.get(info.id)
    }

    /// The settings of a rule, to change them.
    pub fn rule_mut(&mut self, info: &RuleInfo) -> &mut RuleSettings {
        self.rules.entry(info.id).or_default()
    }

    /// Switches on the rules named, by id or name, and all others off.
    ///
    /// # Errors
    /// [`UnknownRule`], with the nearest names.
    pub fn only<'n>(
        &mut self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<(), UnknownRule> {
        let wanted: Vec<&RuleInfo> = names.into_iter().map(rule).collect::<Result<_, _>>()?;
        for info in super::all() {
            self.rule_mut(info).enabled = wanted.iter().any(|wanted| wanted.id == info.id);
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SettingsVisitor)
    }
}

/// Reads the table by hand: its keys are two settings and the ids or names of all rules.
struct SettingsVisitor;

impl<'de> Visitor<'de> for SettingsVisitor {
    type Value = Settings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of settings and rules")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Settings, A::Error> {
        let mut settings = Settings::default();
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                Key::EmailDomains => settings.email_domains = map.next_value()?,
                Key::HomeDivision => settings.home_division = map.next_value()?,
                Key::Rule(info) => {
                    let own: RuleSettings = map.next_value()?;
                    if own.threshold.is_some() && info.threshold.is_none() {
                        return Err(A::Error::custom(format_args!(
                            "rule {} has no threshold",
                            info.id
                        )));
                    }
                    if settings.rules.insert(info.id, own).is_some() {
                        return Err(A::Error::custom(format_args!(
                            "rule {} stands here twice, as {} and {}",
                            info.id, info.id, info.name
                        )));
                    }
                }
            }
        }
        Ok(settings)
    }
}

/// A key of the table. It is a type of its own so that a file's error points to the key.
enum Key {
    EmailDomains,
    HomeDivision,
    Rule(&'static RuleInfo),
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a setting, or a rule by its id or name")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Key, E> {
        const OTHERS: [&str; 2] = ["email_domains", "home_division"];
        match key {
            "email_domains" => return Ok(Key::EmailDomains),
            "home_division" => return Ok(Key::HomeDivision),
            _ => {}
        }
        let near = OTHERS
            .into_iter()
            .find(|other| strsim::damerau_levenshtein(key, other) <= 2);
        rule(key).map(Key::Rule).map_err(|error| match near {
            Some(near) => E::custom(format_args!("unknown setting {key:?}, nearest: {near}")),
            None if error.nearest.is_empty() => E::custom(format_args!(
                "{error}; besides rules there are email_domains and home_division"
            )),
            None => E::custom(error),
        })
    }
}
