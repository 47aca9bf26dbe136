//! Aggregates.

use super::{Context, acl, comment};
use crate::catalog::model::Aggregate;
use crate::toc::{Entry, Kind};

/// The entry of an aggregate. A member of an extension keeps its privileges only.
pub fn entry(aggregate: &Aggregate, ctx: &Context<'_>) -> Entry {
    let object = &aggregate.object;
    let mut entry = Entry::new(Kind::Aggregate, object.id, object.name_ref());
    let name = entry.name.sql();
    entry.address = format!("AGGREGATE {name}({})", aggregate.signature);
    // GRANT knows no AGGREGATE.
    let on = format!("FUNCTION {name}({})", aggregate.input_types);
    entry.acl = acl::changes(&object.acl, acl::AclTarget::Function, &object.owner, &on);
    if object.extension.is_none() {
        let support = aggregate.support.iter().map(|function| format!("SUPPORT = {function}"));
        let clauses: Vec<String> = aggregate.clauses.iter().cloned().chain(support).collect();
        entry.create = vec![format!(
            "CREATE AGGREGATE {name}({}) (\n    {}\n)",
            aggregate.arguments,
            clauses.join(",\n    ")
        )];
        entry.drop = Some(format!("DROP {}", entry.address));
        entry.owner = Some(object.owner.clone());
        entry.needs.superuser = aggregate.superusers;
        entry.comments.extend(comment::of_object(object.id, &entry.address, ctx));
    }
    entry
}
