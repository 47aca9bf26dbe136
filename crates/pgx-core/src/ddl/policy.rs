//! Row security.

use super::attach::synthetic;
use super::{Context, comment};
use crate::catalog::model::{Policy, Relation};
use crate::connect::quote::ident;
use crate::toc::{Entry, Kind, Ref, RoleSlot};

/// The entry that enables row security on a table, after its rows are in.
pub fn enable_entry(relation: &Relation) -> Option<Entry> {
    if !relation.row_security {
        return None;
    }
    let name = relation.object.name_ref();
    let mut entry = Entry::new(Kind::RowSecurity, synthetic(relation.object.id), name.clone());
    let alter = format!("ALTER TABLE {}", name.sql());
    entry.create.push(format!("{alter} ENABLE ROW LEVEL SECURITY"));
    entry.drop = Some(format!("{alter} DISABLE ROW LEVEL SECURITY"));
    entry.on = Some(name);
    Some(entry)
}

/// The entry of a policy.
pub fn entry(policy: &Policy, ctx: &Context<'_>) -> Option<Entry> {
    let table = ctx.catalog.relation(policy.relation)?;
    let on = table.object.name_ref();
    let name = ident(&policy.name);
    let entry_name = Ref { schema: on.schema.clone(), name: policy.name.clone() };
    let mut entry = Entry::new(Kind::Policy, policy.id, entry_name);
    entry.address = format!("POLICY {name} ON {}", on.sql());
    let (create, role_slots) = create(policy, &format!("{name} ON {}", on.sql()));
    entry.create.push(create);
    entry.role_slots = role_slots;
    entry.drop = Some(format!("DROP POLICY {name} ON {}", on.sql()));
    entry.comments.extend(comment::of_object(policy.id, &entry.address, ctx));
    entry.on = Some(on);
    Some(entry)
}

/// The statement, and where it names roles.
fn create(policy: &Policy, target: &str) -> (String, Vec<RoleSlot>) {
    let mut sql = format!("CREATE POLICY {target}");
    if !policy.permissive {
        sql.push_str(" AS RESTRICTIVE");
    }
    sql.push_str(match policy.command {
        'r' => " FOR SELECT",
        'a' => " FOR INSERT",
        'w' => " FOR UPDATE",
        'd' => " FOR DELETE",
        _ => "",
    });
    let mut slots = Vec::new();
    for (at, role) in policy.roles.iter().enumerate() {
        sql.push_str(if at == 0 { " TO " } else { ", " });
        slots.push(RoleSlot { statement: 0, offset: sql.len() as u32, role: role.clone() });
        sql.push_str(&ident(role));
    }
    if let Some(expression) = &policy.using {
        sql.push_str(&format!(" USING ({expression})"));
    }
    if let Some(expression) = &policy.check {
        sql.push_str(&format!(" WITH CHECK ({expression})"));
    }
    (sql, slots)
}
