//! stub
#![allow(missing_docs, reason = "stub")]
use crate::field::Column;
use std::borrow::Cow;
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Personal {
    None,
    Hashed,
    #[default]
    Full,
}
impl Personal {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Hashed => "hashed",
            Self::Full => "full",
        }
    }
}
impl std::str::FromStr for Personal {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        match s {
            "none" => Ok(Self::None),
            "hashed" => Ok(Self::Hashed),
            "full" => Ok(Self::Full),
            _ => Err(s.to_owned()),
        }
    }
}
pub struct Veil {
    personal: Personal,
    key: [u8; 32],
}
impl Veil {
    #[must_use]
    pub fn new(personal: Personal, key: &[u8; 32]) -> Self {
        Self {
            personal,
            key: *key,
        }
    }
    #[must_use]
    pub fn personal(&self) -> Personal {
        self.personal
    }
    #[must_use]
    pub fn text<'v>(&self, value: &'v str) -> Option<Cow<'v, str>> {
        match self.personal {
            Personal::None => None,
            Personal::Full => Some(Cow::Borrowed(value)),
            Personal::Hashed => Some(Cow::Owned(format!(
                "{:032x}",
                xxhash_rust::xxh3::xxh3_128_with_secret(
                    value.as_bytes(),
                    &[&self.key[..]; 5].concat()
                )
            ))),
        }
    }
}
#[must_use]
pub fn is_personal(column: Column) -> bool {
    matches!(
        column,
        Column::Name | Column::Email | Column::Username | Column::PreferredName
    )
}
