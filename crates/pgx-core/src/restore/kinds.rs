//! What the kind of an entry says about the target.

use crate::toc::{Entry, Kind};

/// Whether no GRANT allows to make this.
pub(super) fn is_superusers(entry: &Entry) -> bool {
    match entry.kind {
        Kind::EventTrigger
        | Kind::ForeignDataWrapper
        | Kind::OperatorFamily
        | Kind::OperatorClass
        | Kind::PublicationSchema => true,
        Kind::Publication => {
            let all = format!("CREATE {} FOR ALL TABLES", entry.address);
            entry.create.iter().any(|sql| sql.starts_with(&all))
        }
        _ => false,
    }
}

/// Whether entries of this kind stand in `pg_class` under their own name.
pub(super) fn takes_relation_name(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Table
            | Kind::ForeignTable
            | Kind::View
            | Kind::MaterializedView
            | Kind::Sequence
            | Kind::Index
    )
}
