//! Foreign-data wrappers, servers, user mappings, and the clauses of foreign tables.

use super::{Context, acl, comment};
use crate::catalog::model::{ForeignDataWrapper, ForeignServer, ForeignTable, Object, UserMapping};
use crate::connect::quote::{ident, literal};
use crate::toc::{Entry, Kind, Ref, RoleSlot};

/// The entry of a foreign-data wrapper. A member of an extension keeps its privileges only.
pub fn wrapper_entry(wrapper: &ForeignDataWrapper, ctx: &Context<'_>) -> Entry {
    let address = format!("FOREIGN DATA WRAPPER {}", ident(&wrapper.object.name));
    let mut sql = format!("CREATE {address}");
    let functions = [
        ("HANDLER", &wrapper.handler),
        ("VALIDATOR", &wrapper.validator),
        ("CONNECTION", &wrapper.connection),
    ];
    for (clause, function) in functions {
        sql.extend(function.iter().map(|function| format!(" {clause} {function}")));
    }
    sql.push_str(&options(&wrapper.options));
    let made = Made { kind: Kind::ForeignDataWrapper, on: address.clone(), address, sql };
    made.entry(&wrapper.object, ctx)
}

/// The entry of a foreign server, likewise.
pub fn server_entry(server: &ForeignServer, ctx: &Context<'_>) -> Entry {
    let name = ident(&server.object.name);
    let mut sql = format!("CREATE SERVER {name}");
    for (clause, text) in [("TYPE", &server.kind), ("VERSION", &server.version)] {
        sql.extend(text.iter().map(|text| format!(" {clause} {}", literal(text))));
    }
    sql.push_str(&format!(" FOREIGN DATA WRAPPER {}", ident(&server.wrapper)));
    sql.push_str(&options(&server.options));
    let (address, on) = (format!("SERVER {name}"), format!("FOREIGN SERVER {name}"));
    let mut entry = Made { kind: Kind::ForeignServer, address, on, sql }.entry(&server.object, ctx);
    entry.needs.foreign = (!entry.create.is_empty()).then(|| server.wrapper.clone());
    entry
}

/// What the two have in common.
struct Made {
    kind: Kind,
    address: String,
    /// What GRANT calls it.
    on: String,
    sql: String,
}

impl Made {
    fn entry(self, object: &Object, ctx: &Context<'_>) -> Entry {
        let mut entry = Entry::new(self.kind, object.id, object.name_ref());
        entry.acl = acl::changes(&object.acl, acl::AclTarget::Foreign, &object.owner, &self.on);
        if object.extension.is_none() {
            entry.create = vec![self.sql];
            entry.drop = Some(format!("DROP {}", self.address));
            entry.owner = Some(object.owner.clone());
            entry.comments.extend(comment::of_object(object.id, &self.address, ctx));
        }
        entry.address = self.address;
        entry
    }
}

/// The entry of a user mapping. It has neither owner nor comment.
pub fn mapping_entry(mapping: &UserMapping) -> Entry {
    let role = mapping.role.as_deref();
    let name = format!("{} SERVER {}", role.unwrap_or("PUBLIC"), mapping.server);
    let mut entry = Entry::new(Kind::UserMapping, mapping.id, Ref { schema: None, name });
    entry.needs.foreign = Some(mapping.server.clone());
    if let Some(role) = role {
        let offset = "CREATE USER MAPPING FOR ".len() as u32;
        entry.role_slots = vec![RoleSlot { statement: 0, offset, role: role.to_owned() }];
    }
    let role = role.map_or("PUBLIC".to_owned(), ident);
    let mapped = format!("USER MAPPING FOR {role} SERVER {}", ident(&mapping.server));
    entry.create = vec![format!("CREATE {mapped}{}", options(&mapping.options))];
    entry.drop = Some(format!("DROP {mapped}"));
    entry
}

/// ` SERVER … OPTIONS (…)`, the end of CREATE FOREIGN TABLE.
pub(super) fn table_clauses(table: &ForeignTable) -> String {
    format!("\nSERVER {}{}", ident(&table.server), options(&table.options))
}

/// ` OPTIONS (…)` for options of the form `name=value`; empty for none.
pub(super) fn options(options: &[String]) -> String {
    if options.is_empty() {
        return String::new();
    }
    let one = |option: &String| {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        format!("{} {}", ident(name), literal(value))
    };
    format!(" OPTIONS ({})", options.iter().map(one).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_an_option_may_hold_anything() {
        assert_eq!(options(&[]), "");
        let list = ["password=a=b'c".to_owned(), "Empty=".to_owned()];
        assert_eq!(options(&list), r#" OPTIONS ("password" 'a=b''c', "Empty" '')"#);
    }

    #[test]
    fn everybody_is_a_keyword_and_no_role() {
        let mapping = UserMapping { server: "s".into(), ..UserMapping::default() };
        assert_eq!(
            mapping_entry(&mapping).create,
            [r#"CREATE USER MAPPING FOR PUBLIC SERVER "s""#]
        );
        let mapping = UserMapping { role: Some("PUBLIC".into()), ..mapping };
        assert_eq!(
            mapping_entry(&mapping).drop.as_deref(),
            Some(r#"DROP USER MAPPING FOR "PUBLIC" SERVER "s""#)
        );
    }

    #[test]
    fn no_password_is_shown_by_accident() {
        let mapping =
            UserMapping { options: vec!["password=secret".into()], ..UserMapping::default() };
        assert!(!format!("{mapping:?}").contains("secret"));
    }
}
