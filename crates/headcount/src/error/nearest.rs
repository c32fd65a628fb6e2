//! "Did you mean": the known names that come near an unknown one.

/// A hint with the near names, or with all of them when none is near.
pub(crate) fn hint(unknown: &str, known: &[&str], what: &str) -> String {
    let mut near: Vec<(f64, &str)> = known
        .iter()
        .map(|name| {
            (
                strsim::jaro_winkler(&unknown.to_lowercase(), &name.to_lowercase()),
                *name,
            )
        })
        .filter(|(likeness, _)| *likeness > 0.84)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let names: Vec<String> = near
        .iter()
        .take(3)
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    match names.as_slice() {
        [] => format!("{what} are: {}", known.join(", ")),
        names => format!("did you mean {}?", names.join(" or ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_first_else_all() {
        let known = ["department", "division", "title"];
        assert_eq!(
            hint("Departmnt", &known, "fields"),
            "did you mean `department`?"
        );
        assert_eq!(
            hint("zzz", &known, "fields"),
            "fields are: department, division, title"
        );
    }
}
