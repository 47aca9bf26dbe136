//! Limiting a bulk query to the objects that were chosen and locked.

/// A FROM item `src` whose one column `oid` is each of `oids`.
pub(super) fn among(oids: &[u32]) -> String {
    let list: Vec<String> = oids.iter().map(u32::to_string).collect();
    format!("pg_catalog.unnest('{{{}}}'::pg_catalog.oid[]) AS src(oid)", list.join(","))
}

/// `expression` on servers from `since` (a major version) on; `instead` on older ones, whose
/// catalogs lack what it reads.
pub(super) fn from_version<'e>(
    version: u32,
    since: u32,
    expression: &'e str,
    instead: &'e str,
) -> &'e str {
    if version / 10_000 >= since { expression } else { instead }
}
