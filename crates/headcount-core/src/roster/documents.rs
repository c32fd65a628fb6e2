//! The documents of a roster, laid so that a page of users is a few long runs of bytes.
//!
//! The usual page shows users of one state, by id. So the documents of a state lie together, in
//! the order of the rows, with a comma behind each: rows that follow each other there are a piece
//! of a JSON array as they lie, and can be sent without being put together.

use super::texts::Texts;

/// States that have a pile of their own; the last pile is for all others.
const STATES: [&str; 3] = ["active", "inactive", "deleted"];
const PILES: usize = STATES.len() + 1;

/// Bits of a place that tell the number within the pile.
const NUMBER: u32 = 30;

/// The documents of all rows.
#[derive(Debug, Default)]
pub(super) struct Documents {
    piles: [Texts; PILES],
    /// Pile and number within it, by row.
    places: Vec<u32>,
}

/// Documents of rows that lie one behind the other, as the bytes of a [`super::Roster`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentRun {
    pile: usize,
    /// Numbers within the pile, both inside.
    first: usize,
    last: usize,
}

impl Documents {
    /// Adds the document of the next row.
    pub(super) fn push(&mut self, state: &str, document: &str) {
        let pile = STATES
            .iter()
            .position(|known| *known == state)
            .unwrap_or(STATES.len());
        let number = self.piles[pile].len();
        self.piles[pile].push_two(document, ",");
        self.places.push(place(pile, number));
    }

    pub(super) fn get(&self, row: u32) -> &str {
        let (pile, number) = self.place(row);
        without_comma(self.piles[pile].get(number))
    }

    /// The documents of `rows` as runs, in their order.
    pub(super) fn runs(&self, rows: &[u32]) -> Vec<DocumentRun> {
        let mut runs: Vec<DocumentRun> = Vec::new();
        for &row in rows {
            let (pile, number) = self.place(row);
            match runs.last_mut() {
                Some(run) if run.pile == pile && run.last + 1 == number => run.last = number,
                _ => runs.push(DocumentRun {
                    pile,
                    first: number,
                    last: number,
                }),
            }
        }
        runs
    }

    /// The text of a run: documents with commas between them.
    pub(super) fn text(&self, run: &DocumentRun) -> &str {
        without_comma(self.piles[run.pile].span(run.first, run.last))
    }

    /// Gives back what was set aside for more.
    pub(super) fn finish(&mut self) {
        self.piles.iter_mut().for_each(Texts::finish);
        self.places.shrink_to_fit();
    }

    fn place(&self, row: u32) -> (usize, usize) {
        let place = self.places[row as usize];
        (
            (place >> NUMBER) as usize,
            (place & ((1 << NUMBER) - 1)) as usize,
        )
    }
}

fn place(pile: usize, number: usize) -> u32 {
    // More users than a billion of one state do not fit into a roster's memory either.
    let number = u32::try_from(number).unwrap_or(u32::MAX) & ((1 << NUMBER) - 1);
    u32::try_from(pile).unwrap_or(0) << NUMBER | number
}

fn without_comma(text: &str) -> &str {
    text.strip_suffix(',').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_state_are_runs_wherever_others_stand_between_them() {
        let mut documents = Documents::default();
        let states = [
            "active", "deleted", "active", "odd", "active", "", "deleted",
        ];
        for (row, state) in states.iter().enumerate() {
            documents.push(state, &format!("{{\"row\":{row}}}"));
        }
        documents.finish();
        let texts = |rows: &[u32]| -> Vec<String> {
            let runs = documents.runs(rows);
            runs.iter()
                .map(|run| documents.text(run).to_owned())
                .collect()
        };
        assert_eq!(texts(&[0, 2, 4]), [r#"{"row":0},{"row":2},{"row":4}"#]);
        assert_eq!(texts(&[1, 6]), [r#"{"row":1},{"row":6}"#]);
        assert_eq!(texts(&[3, 5]), [r#"{"row":3},{"row":5}"#]);
        assert_eq!(texts(&[4, 2]), [r#"{"row":4}"#, r#"{"row":2}"#]);
        assert_eq!(
            texts(&[0, 1, 2]),
            [r#"{"row":0}"#, r#"{"row":1}"#, r#"{"row":2}"#]
        );
        assert_eq!(texts(&[]), [""; 0]);
        for row in 0..7 {
            assert_eq!(documents.get(row), format!("{{\"row\":{row}}}"));
        }
    }

    #[test]
    fn a_document_may_end_in_a_comma_or_be_empty() {
        let mut documents = Documents::default();
        for text in ["", ",", "x,"] {
            documents.push("active", text);
        }
        let read: Vec<&str> = (0..3).map(|row| documents.get(row)).collect();
        assert_eq!(read, ["", ",", "x,"]);
    }
}
