//! Values on their way into a file, column by column.

/// The code of no text.
pub(crate) const NOTHING: u32 = u32::MAX;

/// Texts that rows name by code.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    text: String,
    /// Where each ends, and whether it is one.
    ends: Vec<(usize, bool)>,
}

/// One column of some rows.
#[derive(Debug)]
pub(crate) enum Values<'a> {
    /// Codes of texts, [`NOTHING`] for none.
    Text(&'a Texts, Vec<u32>),
    /// Numbers; times in ms UTC, dates in days since 1970, flags as 0 and 1, scores in millionths.
    Number(Vec<Option<i64>>),
}

impl Texts {
    /// Adds a text, or a code that means none.
    pub(crate) fn push(&mut self, text: Option<&str>) {
        self.text.push_str(text.unwrap_or_default());
        self.ends.push((self.text.len(), text.is_some()));
    }

    /// The text of a code.
    pub(crate) fn get(&self, code: u32) -> Option<&str> {
        let range = self.range(code)?;
        Some(&self.text[range])
    }

    /// Where the text of a code lies in [`Texts::all`].
    pub(crate) fn range(&self, code: u32) -> Option<std::ops::Range<usize>> {
        let (end, is_text) = *self.ends.get(code as usize)?;
        let start = match code {
            0 => 0,
            code => self.ends[code as usize - 1].0,
        };
        is_text.then_some(start..end)
    }

    /// All texts, one behind the other.
    pub(crate) fn all(&self) -> &str {
        &self.text
    }
}

impl<T: AsRef<str>> FromIterator<Option<T>> for Texts {
    fn from_iter<I: IntoIterator<Item = Option<T>>>(all: I) -> Self {
        let mut texts = Self::default();
        for text in all {
            texts.push(text.as_ref().map(AsRef::as_ref));
        }
        texts
    }
}

impl Values<'_> {
    /// How many rows.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Text(_, codes) => codes.len(),
            Self::Number(numbers) => numbers.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_by_code() {
        let texts: Texts = [Some("a"), None, Some(""), Some("bc")]
            .into_iter()
            .collect();
        let got: Vec<_> = (0..5).map(|code| texts.get(code)).collect();
        assert_eq!(got, [Some("a"), None, Some(""), Some("bc"), None]);
        assert_eq!((texts.get(NOTHING), texts.all()), (None, "abc"));
    }
}
