//! Texts one after the other in a single allocation.

/// Texts by number. An end takes four bytes, though the texts of a large roster do not fit into
/// four gigabytes: where they pass the next four is kept apart. (Fewer `BITS` are for the test.)
#[derive(Debug, Default)]
pub(super) struct Texts<const BITS: u32 = 32> {
    bytes: String,
    /// End of each text, without its high half.
    ends: Vec<u32>,
    /// The first text that ends at or behind each further 4 GiB.
    wraps: Vec<u32>,
}

impl<const BITS: u32> Texts<BITS> {
    pub(super) fn push(&mut self, text: &str) {
        self.push_two(text, "");
    }

    /// Adds one text that is given in two parts.
    pub(super) fn push_two(&mut self, text: &str, rest: &str) {
        let high = self.bytes.len() as u64 >> BITS;
        self.bytes.push_str(text);
        self.bytes.push_str(rest);
        let end = self.bytes.len() as u64;
        let number = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.wraps.extend((high..end >> BITS).map(|_| number));
        let low = end & ((1 << BITS) - 1);
        self.ends.push(u32::try_from(low).unwrap_or(u32::MAX));
    }

    #[inline]
    pub(super) fn get(&self, number: usize) -> &str {
        self.span(number, number)
    }

    /// The texts from `first` to `last`, as they lie.
    #[inline]
    pub(super) fn span(&self, first: usize, last: usize) -> &str {
        let start = first.checked_sub(1).map_or(0, |before| self.end(before));
        &self.bytes[start..self.end(last)]
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Gives back what was set aside for more.
    pub(super) fn finish(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    #[inline]
    fn end(&self, number: usize) -> usize {
        let low = self.ends[number] as usize;
        if self.wraps.is_empty() {
            return low;
        }
        let high = self.wraps.partition_point(|&wrap| wrap as usize <= number) as u64;
        usize::try_from(high << BITS).unwrap_or(usize::MAX) | low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_wherever_the_ends_wrap() {
        let texts = [
            "",
            "abc",
            "defgh",
            "x",
            "a text longer than two rounds",
            "",
            "yz",
            "12345678",
        ];
        let mut kept = Texts::<3>::default();
        texts.iter().for_each(|text| kept.push(text));
        kept.finish();
        assert!(kept.wraps.len() > 5);
        for (number, text) in texts.iter().enumerate() {
            assert_eq!(kept.get(number), *text);
        }
    }
}
