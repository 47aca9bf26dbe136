//! Names near to one that matches nothing.

use super::pattern::{Pattern, written};
use crate::catalog::Listing;

/// Jaro-Winkler similarity from which on a name is worth suggesting: one slip of the finger in a
/// short name still passes, another name of the same family does not.
const SIMILARITY_MIN: f64 = 0.84;

/// More suggestions than this help nobody.
const SUGGESTIONS_MAX: usize = 3;

/// Relations whose name is near to the pattern's, as they must be written, best first.
pub(super) fn relations(pattern: &Pattern, listing: &Listing) -> Vec<String> {
    let (schema, name) = pattern.bare();
    let near = listing.relations.values().map(|relation| {
        // A name in another schema is as near as it is; a schema that differs too makes it farther.
        let schema = schema.as_deref().map_or(1.0, |schema| similarity(schema, &relation.schema));
        let score = similarity(&name, &relation.name) * (0.9 + 0.1 * schema);
        (score, format!("{}.{}", written(&relation.schema), written(&relation.name)))
    });
    best(near)
}

/// Schemas whose name is near to the pattern's, as they must be written, best first.
pub(super) fn schemas(pattern: &Pattern, listing: &Listing) -> Vec<String> {
    let (_, name) = pattern.bare();
    best(listing.schemas.values().map(|schema| (similarity(&name, schema), written(schema))))
}

/// Case does not count: a name that differs only in it is the nearest.
fn similarity(one: &str, other: &str) -> f64 {
    strsim::jaro_winkler(&one.to_lowercase(), &other.to_lowercase())
}

fn best(candidates: impl Iterator<Item = (f64, String)>) -> Vec<String> {
    let mut near: Vec<_> = candidates.filter(|(score, _)| *score >= SIMILARITY_MIN).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    // Next to a perfect match (another schema, another case) the rest is noise.
    if near.first().is_some_and(|(score, _)| *score >= 1.0) {
        near.retain(|(score, _)| *score >= 1.0);
    }
    near.truncate(SUGGESTIONS_MAX);
    near.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[track_caller]
    fn check(pattern: &str, expected: &[&str]) {
        let listing = sample::listing(&["public.parcel_set", "public.dias_catalogue", "s.Mixed"]);
        assert_eq!(relations(&Pattern::table(pattern).unwrap(), &listing), expected, "{pattern}");
    }

    #[test]
    fn near_names_are_suggested_as_they_must_be_written() {
        check("parcelset", &["public.parcel_set"]);
        check("dias_catalog", &["public.dias_catalogue"]);
        check("mixed", &["s.\"Mixed\""]);
        check("publc.parcel_set", &["public.parcel_set"]);
        check("dias_cataloge*", &["public.dias_catalogue"]);
        check("invoices", &[]);
    }
}
