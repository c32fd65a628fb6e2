//! The changes that are asked for, as a table that programs read.

use std::sync::Arc;

use axum::response::Response;
use headcount_core::{as_of::AsOf, movement::Movement};

use super::{asked::Asked, named};
use crate::{
    app::Sight,
    csv::{Cell, Chosen, Rows},
    error::ApiError,
    page::visit::Visit,
};

const COLUMNS: [&str; 6] = [
    "at",
    "kind",
    "user_id",
    "name",
    "department_before",
    "department",
];

/// All changes that are asked for, the latest first.
pub(crate) async fn get_table(visit: Visit) -> Result<Response, ApiError> {
    let asked = Asked::read(&visit.asked)?;
    let chosen = Chosen::asked(COLUMNS.map(str::to_owned).to_vec(), &visit.asked)?;
    let sight = visit.sight_now().await?;
    let app = visit.app.clone();
    let work = move || {
        let (org, divisions) = (visit.caller.org(), visit.caller.divisions());
        let movement = visit.app.rosters.movement(org, sight.loaded(), divisions)?;
        let places = asked.find(&movement, &sight, &visit.locale).places;
        Ok(MoveRows {
            movement,
            sight,
            places: places.into_iter(),
        })
    };
    let rows = app.report_aside(work).await?;
    app.table("changes.csv", None, chosen, Box::new(rows)).await
}

/// Moves, row by row.
struct MoveRows {
    movement: Arc<Movement>,
    sight: Sight,
    places: std::vec::IntoIter<u32>,
}

impl Rows for MoveRows {
    fn next(&mut self, row: &mut dyn FnMut(&[Cell<'_>])) -> bool {
        let Some(place) = self.places.next() else {
            return false;
        };
        let one = &self.movement.moves[place as usize];
        let (name, _) = named(&one.user_id, &self.sight, &self.movement);
        let [before, after] = one.departments.map(|place| self.movement.department(place));
        row(&[
            Cell::Plain(AsOf { ms: one.at_ms }.to_string()),
            Cell::of(Some(one.kind.name())),
            Cell::of(Some(&one.user_id)),
            Cell::of(name),
            Cell::of(before),
            Cell::of(after),
        ]);
        true
    }
}
