//! Sequences: free, owned by a column, or the inside of an identity column.

use super::acl::{self, AclTarget};
use super::attach::synthetic;
use super::{Context, comment};
use crate::catalog::model::{Column, Identity, Relation, Sequence};
use crate::connect::quote::ident;
use crate::toc::{Entry, Kind};

/// The entry of a sequence. That of an identity column is made by making the column an identity.
pub fn entry(sequence: &Sequence, ctx: &Context<'_>) -> Entry {
    let object = &sequence.object;
    let name = object.name_ref().sql();
    let mut entry = Entry::new(Kind::Sequence, object.id, object.name_ref());
    entry.address = format!("SEQUENCE {name}");
    entry.acl = acl::changes(&object.acl, AclTarget::Sequence, &object.owner, &entry.address);
    if object.extension.is_some() {
        return entry;
    }
    match identity_column(sequence, ctx) {
        Some((table, column)) => {
            entry.create = identity(sequence, table, column);
            entry.on = Some(table.object.name_ref());
        }
        None => {
            entry.owner = Some(object.owner.clone());
            entry.create.push(create(sequence));
            entry.drop = Some(format!("DROP SEQUENCE {name}"));
        }
    }
    entry.comments.extend(comment::of_object(object.id, &entry.address, ctx));
    entry
}

fn identity_column<'c>(
    sequence: &Sequence,
    ctx: &Context<'c>,
) -> Option<(&'c Relation, &'c Column)> {
    owner(sequence, ctx).filter(|_| sequence.identity)
}

fn owner<'c>(sequence: &Sequence, ctx: &Context<'c>) -> Option<(&'c Relation, &'c Column)> {
    let (table, number) = sequence.owned_by?;
    let table = ctx.catalog.relation(table)?;
    Some((table, table.column(number)?))
}

fn create(sequence: &Sequence) -> String {
    format!(
        "CREATE {}SEQUENCE {}\n    AS {}\n{}",
        if sequence.unlogged { "UNLOGGED " } else { "" },
        sequence.object.name_ref().sql(),
        sequence.type_name,
        options(sequence)
    )
}

/// All options but the type, spelled out: what is left out would depend on type and direction.
fn options(sequence: &Sequence) -> String {
    format!(
        "    START WITH {}\n    INCREMENT BY {}\n    MINVALUE {}\n    MAXVALUE {}\n    \
         CACHE {}\n    {}",
        sequence.start,
        sequence.increment,
        sequence.min,
        sequence.max,
        sequence.cache,
        if sequence.cycle { "CYCLE" } else { "NO CYCLE" }
    )
}

/// The column's type is the sequence's, unless somebody changed the sequence afterwards; then its
/// limits may be out of the column's range, and it is changed afterwards here too.
fn identity(sequence: &Sequence, table: &Relation, column: &Column) -> Vec<String> {
    let name = sequence.object.name_ref().sql();
    let same_type = sequence.type_name == column.type_name;
    let when = match column.identity {
        Identity::ByDefault => "BY DEFAULT",
        Identity::Always | Identity::No => "ALWAYS",
    };
    let options_text = options(sequence);
    let inside = if same_type { format!("\n{options_text}") } else { String::new() };
    let mut statements = vec![format!(
        "ALTER TABLE {} ALTER COLUMN {} ADD GENERATED {when} AS IDENTITY (\n    \
         SEQUENCE NAME {name}{inside}\n)",
        table.object.name_ref().sql(),
        ident(&column.name),
    )];
    if !same_type {
        statements.push(format!(
            "ALTER SEQUENCE {name}\n    AS {}\n{options_text}\n    RESTART WITH {}",
            sequence.type_name, sequence.start
        ));
    }
    if sequence.unlogged != table.unlogged {
        let how = if sequence.unlogged { "UNLOGGED" } else { "LOGGED" };
        statements.push(format!("ALTER SEQUENCE {name} SET {how}"));
    }
    statements
}

/// The entry that ties a sequence to the column that owns it; none for an identity column's, for a
/// free one, and where the table was not read.
pub fn owned_by_entry(sequence: &Sequence, ctx: &Context<'_>) -> Option<Entry> {
    if sequence.identity || sequence.object.extension.is_some() {
        return None;
    }
    let (table, column) = owner(sequence, ctx)?;
    let (id, name) = (synthetic(sequence.object.id), sequence.object.name_ref());
    let mut entry = Entry::new(Kind::SequenceOwnedBy, id, name.clone());
    entry.create.push(format!(
        "ALTER SEQUENCE {} OWNED BY {}.{}",
        name.sql(),
        table.object.name_ref().sql(),
        ident(&column.name)
    ));
    entry.on = Some(table.object.name_ref());
    Some(entry)
}

/// The entry that says where a sequence stood; none when that was not read.
pub fn set_entry(sequence: &Sequence, ctx: &Context<'_>) -> Option<Entry> {
    let (id, name) = (synthetic(sequence.object.id), sequence.object.name_ref());
    let mut entry = Entry::new(Kind::SequenceSet, id, name);
    entry.sequence = Some(sequence.value?);
    entry.on = owner(sequence, ctx).map(|(table, _)| table.object.name_ref());
    Some(entry)
}
