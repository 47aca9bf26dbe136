//! Planner statistics: rows of at most three streams, whatever the number of relations.

use super::entry::{CatalogId, Column, DataSpec, Entry, Ref};
use super::kind::Kind;

/// What the rows of a STATISTICS DATA entry describe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Described {
    /// Tables, materialized views and indexes: their size.
    Relations,
    /// Their columns: the distribution of values.
    Columns,
    /// Statistics objects: what columns have to do with each other.
    Objects,
}

/// The names that begin every row: where the relation stands, and the table it is or belongs to.
const RELATION: [(&str, &str); 3] =
    [("schemaname", "text"), ("tablename", "text"), ("relname", "text")];

/// The columns of each stream, as archive-format.md has them. Those behind the names are called as the
/// server calls them when it takes them back.
const RELATIONS: [(&str, &str); 4] = [
    ("relpages", "integer"),
    ("reltuples", "real"),
    ("relallvisible", "integer"),
    ("relallfrozen", "integer"),
];
const COLUMNS: [(&str, &str); 16] = [
    ("attname", "text"),
    ("attnum", "smallint"),
    ("inherited", "boolean"),
    ("null_frac", "real"),
    ("avg_width", "integer"),
    ("n_distinct", "real"),
    ("most_common_vals", "text"),
    ("most_common_freqs", "real[]"),
    ("histogram_bounds", "text"),
    ("correlation", "real"),
    ("most_common_elems", "text"),
    ("most_common_elem_freqs", "real[]"),
    ("elem_count_histogram", "real[]"),
    ("range_length_histogram", "text"),
    ("range_empty_frac", "real"),
    ("range_bounds_histogram", "text"),
];
const OBJECTS: [(&str, &str); 11] = [
    ("statistics_schemaname", "text"),
    ("statistics_name", "text"),
    ("inherited", "boolean"),
    ("attnames", "text[]"),
    ("attnums", "smallint[]"),
    ("n_distinct", "json"),
    ("dependencies", "json"),
    ("most_common_vals", "text[]"),
    ("most_common_freqs", "double precision[]"),
    ("most_common_base_freqs", "double precision[]"),
    ("exprs", "jsonb"),
];

impl Described {
    /// Every one.
    pub const ALL: [Described; 3] = [Described::Relations, Described::Columns, Described::Objects];

    /// What the rows of an entry describe; none for other entries, and for those of a later pgx.
    pub fn of(entry: &Entry) -> Option<Described> {
        let is = |described: &Described| described.name() == entry.name.name;
        Described::ALL.into_iter().find(is).filter(|_| entry.kind == Kind::StatisticsData)
    }

    /// The name of the entry.
    pub fn name(self) -> &'static str {
        match self {
            Described::Relations => "statistics of relations",
            Described::Columns => "statistics of columns",
            Described::Objects => "extended statistics",
        }
    }

    /// The columns of a row with their types.
    pub fn columns(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        RELATION.into_iter().chain(self.values().iter().copied())
    }

    /// Those behind the names of the relation.
    pub fn values(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Described::Relations => &RELATIONS,
            Described::Columns => &COLUMNS,
            Described::Objects => &OBJECTS,
        }
    }

    /// The entry, without a number. Its rows are text.
    pub fn entry(self) -> Entry {
        let name = Ref { schema: None, name: self.name().to_owned() };
        let mut entry = Entry::new(Kind::StatisticsData, CatalogId::default(), name);
        let column = |(name, type_name): (&str, &str)| Column {
            name: name.to_owned(),
            type_name: type_name.to_owned(),
            type_oid: 0,
            shape: None,
        };
        let columns = self.columns().map(column).collect();
        entry.data = Some(DataSpec { columns, ..DataSpec::default() });
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_tells_what_it_describes() {
        for described in Described::ALL {
            let mut entry = described.entry();
            assert_eq!(Described::of(&entry), Some(described));
            entry.kind = Kind::TableData;
            assert_eq!(Described::of(&entry), None);
        }
    }
}
