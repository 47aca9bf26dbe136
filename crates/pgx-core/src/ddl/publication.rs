//! Publications. Each is made empty; tables and schemas are added by steps of their own.

use super::{Context, comment};
use crate::catalog::model::{Publication, PublicationSchema, PublicationTable};
use crate::connect::quote::{ident, idents};
use crate::toc::{Entry, Kind, Ref};

/// The entry of a publication.
pub fn entry(publication: &Publication, ctx: &Context<'_>) -> Entry {
    let object = &publication.object;
    let mut entry = Entry::new(Kind::Publication, object.id, object.name_ref());
    entry.address = format!("PUBLICATION {}", entry.name.sql());
    let options = publication.options.join(", ");
    entry.create = vec![format!("CREATE {}{} WITH ({options})", entry.address, all(publication))];
    entry.drop = Some(format!("DROP {}", entry.address));
    entry.owner = Some(object.owner.clone());
    entry.comments.extend(comment::of_object(object.id, &entry.address, ctx));
    entry
}

/// The clause of a publication that needs no members. Excepted tables can only be named here: nothing
/// adds one later. Each child of an excepted parent is listed by itself, hence ONLY.
fn all(publication: &Publication) -> String {
    let mut tables = "ALL TABLES".to_owned();
    if !publication.except.is_empty() {
        let except = publication.except.iter().map(|table| format!("TABLE ONLY {}", table.sql()));
        tables += &format!(" EXCEPT ({})", except.collect::<Vec<_>>().join(", "));
    }
    match (publication.all_tables, publication.all_sequences) {
        (false, false) => String::new(),
        (true, false) => format!(" FOR {tables}"),
        (false, true) => " FOR ALL SEQUENCES".to_owned(),
        (true, true) => format!(" FOR {tables}, ALL SEQUENCES"),
    }
}

/// The entry that adds a table to a publication. It does not sit on the table: who restores only the
/// table has no publication.
pub fn table_entry(member: &PublicationTable) -> Entry {
    let name = Ref { schema: None, name: format!("{} {}", member.publication, member.table) };
    let mut entry = Entry::new(Kind::PublicationTable, member.id, name);
    let alter = format!("ALTER PUBLICATION {}", ident(&member.publication));
    let mut add = format!("{alter} ADD TABLE ONLY {}", member.table.sql());
    if !member.columns.is_empty() {
        add += &format!(" ({})", idents(member.columns.iter().map(String::as_str)));
    }
    if let Some(filter) = &member.filter {
        add += &format!(" WHERE ({filter})");
    }
    entry.create = vec![add];
    entry.drop = Some(format!("{alter} DROP TABLE ONLY {}", member.table.sql()));
    entry
}

/// The entry that adds the tables of a schema to a publication.
pub fn schema_entry(member: &PublicationSchema) -> Entry {
    let name = Ref { schema: None, name: format!("{} {}", member.publication, member.schema) };
    let mut entry = Entry::new(Kind::PublicationSchema, member.id, name);
    let alter = format!("ALTER PUBLICATION {}", ident(&member.publication));
    let tables = format!("TABLES IN SCHEMA {}", ident(&member.schema));
    entry.create = vec![format!("{alter} ADD {tables}")];
    entry.drop = Some(format!("{alter} DROP {tables}"));
    entry
}
