//! Operators.

use super::{Context, comment};
use crate::catalog::model::Operator;
use crate::connect::quote::ident;
use crate::toc::{Entry, Kind};

/// The entry of an operator. Naming a commutator or negator that comes later makes a stand-in for it,
/// which its own statement completes.
pub fn entry(operator: &Operator, ctx: &Context<'_>) -> Entry {
    let object = &operator.object;
    let mut entry = Entry::new(Kind::Operator, object.id, object.name_ref());
    let schema = object.schema.as_deref().map(|schema| format!("{}.", ident(schema)));
    let name = format!("{}{}", schema.unwrap_or_default(), object.name);
    entry.address = format!("OPERATOR {name} ({})", operator.operands.join(", "));
    let clauses = operator.clauses.join(",\n    ");
    entry.create = vec![format!("CREATE OPERATOR {name} (\n    {clauses}\n)")];
    entry.drop = Some(format!("DROP {}", entry.address));
    entry.owner = Some(object.owner.clone());
    entry.comments.extend(comment::of_object(object.id, &entry.address, ctx));
    entry
}
