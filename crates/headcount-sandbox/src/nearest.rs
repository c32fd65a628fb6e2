//! A name that nobody knows, answered with the names that come nearest.

/// The message for a wrong `name`: what it is, and which names are near or, with none near, valid.
pub(crate) fn unknown(what: &str, name: &str, valid: &[&str]) -> String {
    let mut near: Vec<(usize, &str)> = valid
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(3) / 2)
        .collect();
    near.sort_unstable();
    let (lead, names): (_, Vec<&str>) = if near.is_empty() {
        ("valid", valid.to_vec())
    } else {
        (
            "nearest",
            near.into_iter().take(3).map(|(_, name)| name).collect(),
        )
    };
    format!("unknown {what} `{name}`; {lead}: {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_the_nearest_or_all() {
        let valid = ["id-prefix", "cursor"];
        assert_eq!(
            super::unknown("quirk", "id-prefx", &valid),
            "unknown quirk `id-prefx`; nearest: id-prefix"
        );
        assert_eq!(
            super::unknown("quirk", "zzzzzzzzz", &valid),
            "unknown quirk `zzzzzzzzz`; valid: id-prefix, cursor"
        );
    }
}
