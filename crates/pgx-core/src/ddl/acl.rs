//! Privileges: what must be granted and revoked to get from the state the server gives an object by
//! itself to the state it had on the source.

pub use crate::catalog::model::{AclTarget, changes, column_changes};
use crate::connect::quote::ident;
use crate::toc::AclChange;

/// The statements of a change on a server of a major version: where another role than the owner grants,
/// that is said from version 19 on; before, only the role itself can do it.
pub fn statements(change: &AclChange, major: u32) -> Vec<String> {
    match &change.grantor {
        Some(grantor) if major >= 19 => {
            let change = AclChange { grantor: None, ..change.clone() };
            let said = |sql: String| format!("{sql} GRANTED BY {}", ident(grantor));
            statement(&change).into_iter().map(said).collect()
        }
        _ => statement(change),
    }
}

/// The statements of a change on any server: one, or three where another role than the owner grants.
pub fn statement(change: &AclChange) -> Vec<String> {
    let words: Vec<String> = change
        .privileges
        .iter()
        .map(|word| match &change.column {
            Some(column) => format!("{word} ({})", ident(column)),
            None => word.clone(),
        })
        .collect();
    let (words, on) = (words.join(", "), &change.on);
    let grantee = change.grantee.as_deref().map_or("PUBLIC".to_owned(), ident);
    let sql = match (change.revoke, change.grant_option) {
        (true, _) => format!("REVOKE {words} ON {on} FROM {grantee}"),
        (false, true) => format!("GRANT {words} ON {on} TO {grantee} WITH GRANT OPTION"),
        (false, false) => format!("GRANT {words} ON {on} TO {grantee}"),
    };
    match &change.grantor {
        None => vec![sql],
        Some(grantor) => vec![
            format!("SET SESSION AUTHORIZATION {}", ident(grantor)),
            sql,
            "RESET SESSION AUTHORIZATION".to_owned(),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::model::Acl;

    fn acl(base: &[&str], current: &[&str]) -> Acl {
        let owned = |list: &[&str]| list.iter().map(|&item| item.to_owned()).collect();
        Acl { current: Some(owned(current)), base: owned(base), base_is_initial: false }
    }

    fn sql(acl: &Acl, target: AclTarget) -> Vec<String> {
        changes(acl, target, "own er", "X").iter().flat_map(statement).collect()
    }

    const TABLE: AclTarget = AclTarget::Table { maintain: true };

    #[test]
    fn a_role_name_may_hold_every_separator() {
        let acl = acl(&[], &[r#""a=b/c,""d"""=r*w/"o/=""x""#]);
        let changes = changes(&acl, TABLE, "own er", "X");
        assert_eq!(changes.len(), 2);
        assert_eq!(changes[0].grantee.as_deref(), Some(r#"a=b/c,"d""#));
        assert_eq!(changes[0].grantor.as_deref(), Some(r#"o/="x"#));
        assert_eq!((&*changes[0].privileges[0], changes[0].grant_option), ("UPDATE", false));
        assert_eq!((&*changes[1].privileges[0], changes[1].grant_option), ("SELECT", true));
    }

    #[test]
    fn no_acl_changes_nothing_and_an_empty_one_revokes() {
        let default = Acl { base: vec!["\"own er\"=X/\"own er\"".into()], ..Acl::default() };
        assert_eq!(sql(&default, AclTarget::Function), Vec::<String>::new());
        let empty = acl(&["=X/\"own er\"", "\"own er\"=X/\"own er\""], &[]);
        assert_eq!(
            sql(&empty, AclTarget::Function),
            ["REVOKE ALL ON X FROM PUBLIC", "REVOKE ALL ON X FROM \"own er\""]
        );
    }

    #[test]
    fn the_owners_own_grants_come_first_and_others_keep_their_order() {
        let acl = acl(
            &["\"own er\"=arwdDxtm/\"own er\""],
            &["b=r*w/\"own er\"", "a=r/b", "\"own er\"=arw/\"own er\""],
        );
        assert_eq!(
            sql(&acl, TABLE),
            [
                "REVOKE ALL ON X FROM \"own er\"",
                "GRANT SELECT, INSERT, UPDATE ON X TO \"own er\"",
                "GRANT UPDATE ON X TO \"b\"",
                "GRANT SELECT ON X TO \"b\" WITH GRANT OPTION",
                "SET SESSION AUTHORIZATION \"b\"",
                "GRANT SELECT ON X TO \"a\"",
                "RESET SESSION AUTHORIZATION",
            ]
        );
    }

    #[test]
    fn from_19_on_another_grantor_is_named() {
        let acl = acl(&[], &["b=r*/\"own er\"", "a=r*/b"]);
        let changes = changes(&acl, TABLE, "own er", "X");
        let sql: Vec<String> = changes.iter().flat_map(|change| statements(change, 19)).collect();
        assert_eq!(
            sql,
            [
                "GRANT SELECT ON X TO \"b\" WITH GRANT OPTION",
                "GRANT SELECT ON X TO \"a\" WITH GRANT OPTION GRANTED BY \"b\"",
            ]
        );
        assert_eq!(statements(&changes[1], 18).len(), 3);
    }

    #[test]
    fn all_is_all_of_the_sources_version() {
        let seven = acl(&[], &["a=arwdDxt/\"own er\""]);
        assert_eq!(sql(&seven, AclTarget::table(160_000)), ["GRANT ALL ON X TO \"a\""]);
        assert_eq!(
            sql(&seven, AclTarget::table(170_000)),
            ["GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON X TO \"a\""]
        );
        let option = acl(&[], &["a=U*C*/\"own er\""]);
        assert_eq!(sql(&option, AclTarget::Schema), ["GRANT ALL ON X TO \"a\" WITH GRANT OPTION"]);
    }

    #[test]
    fn a_columns_privileges_name_the_column() {
        let acl = acl(&[], &["a=rw/\"own er\"", "=arwx/\"own er\""]);
        let changes = column_changes(&acl, "c\"1", "own er", "TABLE \"t\"");
        let sql: Vec<String> = changes.iter().flat_map(statement).collect();
        assert_eq!(
            sql,
            [
                r#"GRANT SELECT ("c""1"), UPDATE ("c""1") ON TABLE "t" TO "a""#,
                r#"GRANT ALL ("c""1") ON TABLE "t" TO PUBLIC"#,
            ]
        );
    }
}
