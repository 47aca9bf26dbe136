//! Rules.

use super::{Context, comment, trigger, view};
use crate::catalog::model::{Relation, Rule};
use crate::connect::quote::ident;
use crate::toc::{Entry, Kind, Ref};

/// The entry of a rule. The rule that is the query of a view has one only if the view was made with
/// a stand-in query: it then puts the real query in its place, with the view's options.
pub fn entry(rule: &Rule, ctx: &Context<'_>) -> Option<Entry> {
    let relation = ctx.catalog.relation(rule.relation)?;
    let on = relation.object.name_ref();
    let name = ident(&rule.name);
    let entry_name = Ref { schema: on.schema.clone(), name: rule.name.clone() };
    let mut entry = Entry::new(Kind::Rule, rule.id, entry_name);
    entry.create = statements(rule, relation, ctx)?;
    entry.address = format!("RULE {name} ON {}", on.sql());
    if !rule.is_view_query {
        entry.drop = Some(format!("DROP RULE {name} ON {}", on.sql()));
    }
    entry.comments.extend(comment::of_object(rule.id, &entry.address, ctx));
    entry.on = Some(on);
    Some(entry)
}

fn statements(rule: &Rule, relation: &Relation, ctx: &Context<'_>) -> Option<Vec<String>> {
    if rule.is_view_query {
        let dummy = ctx.repairs.dummy_views.contains(&relation.object.id);
        return view::create(relation, "CREATE OR REPLACE VIEW")
            .filter(|_| dummy)
            .map(|sql| vec![sql]);
    }
    let table = relation.object.name_ref().sql();
    let name = ident(&rule.name);
    // Only tables may set it.
    let state = trigger::state(rule.enabled).filter(|_| !relation.has_query());
    let state = state.map(|how| format!("ALTER TABLE {table} {how} RULE {name}"));
    Some([rule.definition.clone()].into_iter().chain(state).collect())
}
