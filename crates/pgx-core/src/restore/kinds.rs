//! What the kind of an entry says about the target.

use crate::toc::{Entry, Kind};

/// Whether no GRANT allows to make this.
pub(super) fn is_superusers(entry: &Entry, major: u32) -> bool {
    let made_by = |start: String| entry.create.iter().any(|sql| sql.starts_with(&start));
    match entry.kind {
        // From 16 on there is a role for it.
        Kind::Subscription => major < 16,
        Kind::EventTrigger
        | Kind::ForeignDataWrapper
        | Kind::OperatorFamily
        | Kind::OperatorClass
        | Kind::PublicationSchema
        | Kind::AccessMethod
        | Kind::TextSearchParser
        | Kind::TextSearchTemplate
        | Kind::ShellType => true,
        // Without its functions it is one that the server knows, and allows or not.
        Kind::ProceduralLanguage => {
            !entry.create.is_empty() && !made_by("CREATE OR REPLACE".to_owned())
        }
        // Enums, composites and ranges say AS; base types and those that were only announced do not.
        Kind::Type => !entry.create.is_empty() && !made_by(format!("CREATE {} AS ", entry.address)),
        Kind::Publication => made_by(format!("CREATE {} FOR ALL ", entry.address)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::model::class;
    use crate::toc::{CatalogId, Ref};

    fn made_by(kind: Kind, sql: &str) -> bool {
        let id = CatalogId { class: class::TYPE, oid: 1 };
        let mut entry = Entry::new(kind, id, Ref::new("s", "t"));
        entry.address = "TYPE \"s\".\"t\"".to_owned();
        entry.create.extend((!sql.is_empty()).then(|| sql.to_owned()));
        is_superusers(&entry, 18)
    }

    #[test]
    fn base_and_shell_types_are_a_superusers() {
        assert!(made_by(Kind::Type, "CREATE TYPE \"s\".\"t\" (INPUT = s.i)"));
        assert!(made_by(Kind::Type, "CREATE TYPE \"s\".\"t\""));
        assert!(!made_by(Kind::Type, "CREATE TYPE \"s\".\"t\" AS ENUM ('a')"));
        assert!(!made_by(Kind::Type, ""), "a member of an extension has privileges only");
    }

    #[test]
    fn a_language_that_names_its_functions_is_a_superusers() {
        assert!(made_by(Kind::ProceduralLanguage, "CREATE TRUSTED LANGUAGE l HANDLER h"));
        assert!(!made_by(Kind::ProceduralLanguage, "CREATE OR REPLACE LANGUAGE l"));
    }
}
