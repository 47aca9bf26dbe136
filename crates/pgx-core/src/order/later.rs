//! Loops through what an object need not have from the start: it is made without, and gets it in a step
//! of its own.

use super::Repairs;
use super::edges::inside;
use super::graph::Graph;
use super::node::{Node, NodeId};
use crate::catalog::model::{TypeKind, class};
use crate::toc::{CatalogId, Section};

/// A domain gets its default once the function that the default calls is there.
pub(super) fn domain_default(
    graph: &mut Graph<'_>,
    domain: NodeId,
    function: NodeId,
    repairs: &mut Repairs,
) -> bool {
    let (Node::Type(a_type), Node::Function(_)) = (graph.node(domain), graph.node(function)) else {
        return false;
    };
    if !matches!(a_type.kind, TypeKind::Domain { default: Some(_), .. }) {
        return false;
    }
    let part = graph.part(a_type.object.id, Node::DomainDefault(a_type));
    graph.forget(domain, function);
    graph.need(part, function);
    graph.need(part, domain);
    graph.need(graph.pre_data_end, part);
    follow(graph, domain, part, |_| true);
    repairs.separate.insert(a_type.object.id);
    true
}

/// A function whose body is parsed when it is made gets the body once everything in it is there. What
/// its signature names it needs from the start.
pub(super) fn function_body(
    graph: &mut Graph<'_>,
    of: NodeId,
    on: NodeId,
    repairs: &mut Repairs,
) -> bool {
    let Node::Function(function) = graph.node(of) else { return false };
    let a_type = |&oid: &u32| graph.maker(CatalogId { class: class::TYPE, oid });
    let in_signature = function.signature.iter().filter_map(a_type).any(|maker| maker == on);
    if !function.stub || in_signature || on == graph.pre_data_end {
        return false;
    }
    let part = graph.part(function.object.id, Node::FunctionBody(function));
    graph.forget(of, on);
    graph.need(part, on);
    graph.need(part, of);
    if on == graph.data_end {
        // The function had moved behind the rows, and something before them needs it.
        repairs.postponed.remove(&function.object.id);
        repairs.postponed.insert(graph.node(part).catalog_id());
        graph.need(graph.pre_data_end, of);
    } else if !repairs.postponed.contains(&graph.node(part).catalog_id()) {
        graph.need(graph.pre_data_end, part);
    }
    // The others need no more than the signature, but what is behind the rows calls it.
    follow(graph, of, part, |node| node.section() == Section::PostData);
    repairs.separate.insert(function.object.id);
    true
}

/// A generated column, and those behind it, are added to their table once the function that it calls is
/// there. The server has no other way before 17, and gives no function the type of a row that is not
/// there.
pub(super) fn generated_column(
    graph: &mut Graph<'_>,
    table: NodeId,
    part: NodeId,
    repairs: &mut Repairs,
) -> bool {
    let Node::Default(relation, default) = graph.node(part) else { return false };
    if !relation.can_grow() || !relation.generates(default.number) || !inside(graph, part) {
        return false;
    }
    graph.forget(table, part);
    graph.need(part, table);
    graph.need(graph.pre_data_end, part);
    repairs.separate.insert(default.id);
    // One after the other, in the order of their columns.
    for id in graph.ids() {
        let Node::Default(other, theirs) = graph.node(id) else { continue };
        let added = repairs.separate.contains(&theirs.id) && relation.generates(theirs.number);
        if other.object.id == relation.object.id && added && id != part {
            let (before, behind) =
                if theirs.number < default.number { (id, part) } else { (part, id) };
            graph.need(behind, before);
        }
    }
    follow(graph, table, part, |_| true);
    true
}

/// What needs the whole, as far as it counts, waits for the part, unless the part waits for it.
fn follow(graph: &mut Graph<'_>, whole: NodeId, part: NodeId, counts: impl Fn(&Node<'_>) -> bool) {
    let mut before = vec![false; graph.len()];
    let mut open = vec![part];
    while let Some(id) = open.pop() {
        if !std::mem::replace(&mut before[id.0], true) {
            open.extend(graph.needs(id));
        }
    }
    for id in graph.ids().filter(|id| !before[id.0]) {
        if graph.needs(id).contains(&whole) && counts(&graph.node(id)) {
            graph.need(id, part);
        }
    }
}
