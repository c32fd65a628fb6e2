//! Departments or divisions as a treemap.

use super::{Groups, Kind, NONE_COLOUR, colour, people};
use crate::page::{
    texts::brief_to,
    treemap::{self, Tile},
    visit::Visit,
};

/// Rectangles of the picture.
const TILES: usize = 36;
/// Characters of a name.
const NAME: usize = 40;

/// The picture of the groups: areas by active users, the many small ones together.
pub(super) fn picture(
    visit: &Visit,
    groups: &Groups,
    kind: Kind,
    places: &[usize],
    active: u64,
) -> Option<String> {
    let mut places = places.to_vec();
    places.sort_unstable();
    places.retain(|&at| groups.all[at].active > 0);
    if places.len() < 2 {
        return None;
    }
    let shown = match places.len() {
        count if count <= TILES => count,
        _ => TILES - 1,
    };
    let locale = &visit.locale;
    let told = |count: u64| {
        let users = if count == 1 {
            "active user"
        } else {
            "active users"
        };
        format!("{} {users}", locale.number(count))
    };
    let mut tiles: Vec<Tile> = places[..shown]
        .iter()
        .map(|&at| {
            let group = &groups.all[at];
            let name = brief_to(&group.name, NAME);
            let share = locale.percent(group.active, groups.active);
            Tile {
                hint: format!("{name}: {}, {share}", told(group.active)),
                name: name.into_owned(),
                value: group.active as f64,
                written: locale.number(group.active),
                href: Some(people(visit, kind, group)),
                colour: colour(groups, at),
            }
        })
        .collect();
    let rest = &places[shown..];
    if !rest.is_empty() {
        let count: u64 = rest.iter().map(|&at| groups.all[at].active).sum();
        let name = format!("{} more", locale.number(rest.len() as u64));
        tiles.push(Tile {
            hint: format!("{name}: {}", told(count)),
            name,
            value: count as f64,
            written: locale.number(count),
            href: None,
            colour: NONE_COLOUR,
        });
    }
    // The rest may be larger than what is shown.
    tiles.sort_by(|one, other| other.value.total_cmp(&one.value));
    let title = format!(
        "{} by active users: {} in {}. The table has all of them.",
        kind.plural(),
        told(active),
        locale.number(places.len() as u64)
    );
    Some(treemap::draw(&title, &tiles))
}
