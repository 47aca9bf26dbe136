//! Constraints that are added to their table after the rows.

use super::index;
use super::{Context, comment, option};
use crate::catalog::model::{Constraint, ConstraintKind, Index, RelKind, Relation};
use crate::connect::quote::ident;
use crate::toc::{Entry, Kind, OfIndex};

/// The entry of a constraint. None for one that is part of its table's definition, and for one that
/// comes from a parent: an inherited one, a foreign key's or exclusion constraint's clone. A foreign key
/// of a partition that has its own name is added before its parent's, which then takes it for a part.
pub fn entry(constraint: &Constraint, ctx: &Context<'_>) -> Option<Entry> {
    let table = ctx.catalog.relation(constraint.relation)?;
    if !is_separate(constraint, ctx) {
        return None;
    }
    let object = &constraint.object;
    let on = table.object.name_ref();
    let name = ident(&object.name);
    let mut entry = Entry::new(kind(constraint.kind), object.id, object.name_ref());
    let alter = alter_table(constraint, table);
    entry.address = format!("CONSTRAINT {name} ON {}", on.sql());
    entry.create.push(match constraint.stricter {
        true => format!("{alter} ALTER CONSTRAINT {name} ENFORCED"),
        false => format!("{alter} ADD CONSTRAINT {name} {}", definition(constraint)),
    });
    if let Some(index) = own_index(constraint).and_then(|oid| ctx.catalog.index(oid)) {
        entry.tablespace = index.tablespace.clone();
        entry.of_index = of_index(constraint, index, &alter);
        entry.create.extend(index::settings(index, table, ctx));
        let address = format!("INDEX {}", index.object.name_ref().sql());
        entry.comments.extend(comment::of_object(index.object.id, &address, ctx));
    }
    // A part goes with the whole.
    let drop = format!("{alter} DROP CONSTRAINT {name}");
    entry.drop = Some(drop).filter(|_| !constraint.own_part && !constraint.stricter);
    entry.comments.extend(comment::of_object(object.id, &entry.address, ctx));
    entry.on = Some(on);
    Some(entry)
}

/// Whether a constraint gets an entry of its own.
pub fn is_separate(constraint: &Constraint, ctx: &Context<'_>) -> bool {
    // What a partition has from its parent it keeps when it is detached.
    let table = ctx.catalog.relation(constraint.relation);
    let detaching = table.is_some_and(Relation::is_detaching);
    match constraint.kind {
        ConstraintKind::Primary | ConstraintKind::Unique => true,
        ConstraintKind::Foreign | ConstraintKind::Exclusion => {
            constraint.parent.is_none() || constraint.own_part || detaching
        }
        ConstraintKind::NotNull => (constraint.local || detaching) && !constraint.validated,
        ConstraintKind::Check => {
            let taken_out = ctx.repairs.separate.contains(&constraint.object.id);
            let separate = taken_out || !constraint.has_place_in_table();
            (constraint.local || detaching) && separate || constraint.stricter
        }
    }
}

fn kind(kind: ConstraintKind) -> Kind {
    match kind {
        ConstraintKind::Check => Kind::CheckConstraint,
        ConstraintKind::Foreign => Kind::ForeignKey,
        _ => Kind::Constraint,
    }
}

/// A key of a partitioned table is made without its partitions' parts, which are attached. A
/// foreign key is made with them, and so are CHECK and NOT NULL, which children inherit. So is an
/// exclusion constraint: up to 18.5 servers refuse to attach the index of one.
fn alter_table(constraint: &Constraint, table: &Relation) -> String {
    let only = match constraint.kind {
        ConstraintKind::Check | ConstraintKind::NotNull => "",
        ConstraintKind::Foreign | ConstraintKind::Exclusion
            if table.kind == RelKind::Partitioned =>
        {
            ""
        }
        _ => "ONLY ",
    };
    format!("ALTER TABLE {only}{}", table.object.name_ref().sql())
}

/// Only a btree can be taken over, and no index of a partitioned table.
fn of_index(constraint: &Constraint, index: &Index, alter: &str) -> Option<OfIndex> {
    let word = match constraint.kind {
        ConstraintKind::Primary => "PRIMARY KEY",
        ConstraintKind::Unique => "UNIQUE",
        _ => return None,
    };
    let plain = !index.partitioned && index.definition.contains(" USING btree (");
    let (name, timing) = (ident(&constraint.object.name), timing(constraint));
    let key = format!("{alter} ADD CONSTRAINT {name} {word} USING INDEX {name}{timing}");
    plain.then(|| OfIndex { index: index.definition.clone(), key })
}

/// When it is checked, as the end of its definition.
fn timing(constraint: &Constraint) -> &'static str {
    match (constraint.deferrable, constraint.deferred) {
        (false, _) => "",
        (true, false) => " DEFERRABLE",
        (true, true) => " DEFERRABLE INITIALLY DEFERRED",
    }
}

fn own_index(constraint: &Constraint) -> Option<u32> {
    constraint.index.filter(|_| constraint.kind != ConstraintKind::Foreign)
}

/// The server's text lacks the storage options of a key's index; they stand before DEFERRABLE.
fn definition(constraint: &Constraint) -> String {
    let definition = &constraint.definition;
    if constraint.index_options.is_empty() {
        return definition.clone();
    }
    let timing = timing(constraint);
    let body = definition.strip_suffix(timing).unwrap_or(definition);
    format!("{body} {}{timing}", option::with(&constraint.index_options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_options_stand_before_the_timing() {
        let constraint = Constraint {
            definition: "UNIQUE (a) DEFERRABLE INITIALLY DEFERRED".to_owned(),
            deferrable: true,
            deferred: true,
            index_options: vec!["fillfactor=60".to_owned()],
            ..Constraint::default()
        };
        assert_eq!(
            definition(&constraint),
            r#"UNIQUE (a) WITH ("fillfactor"='60') DEFERRABLE INITIALLY DEFERRED"#
        );
    }
}
