//! The order itself.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::graph::Graph;
use super::node::{Node, NodeId};
use crate::catalog::model::{OperatorClass, OperatorFamily, relation_id};

/// Every node behind what it needs, and otherwise by kind and name. The graph has no loops.
pub(super) fn sort(graph: &Graph<'_>) -> Vec<NodeId> {
    let ranks = ranks(graph);
    let mut waiting_for: Vec<usize> = graph.ids().map(|id| graph.needs(id).len()).collect();
    let mut needed_by: Vec<Vec<NodeId>> = vec![Vec::new(); graph.len()];
    for id in graph.ids() {
        for needed in graph.needs(id) {
            needed_by[needed.0].push(id);
        }
    }
    let mut ready: BinaryHeap<Reverse<(usize, NodeId)>> = graph
        .ids()
        .filter(|id| waiting_for[id.0] == 0)
        .map(|id| Reverse((ranks[id.0], id)))
        .collect();
    let mut sequence = Vec::with_capacity(graph.len());
    while let Some(Reverse((_, id))) = ready.pop() {
        sequence.push(id);
        for &user in &needed_by[id.0] {
            waiting_for[user.0] -= 1;
            if waiting_for[user.0] == 0 {
                ready.push(Reverse((ranks[user.0], user)));
            }
        }
    }
    sequence
}

/// The place of each node when only kind and names count: a copy of a database, whose OIDs are others,
/// has the same order.
fn ranks(graph: &Graph<'_>) -> Vec<usize> {
    let mut ids: Vec<NodeId> = graph.ids().collect();
    ids.sort_by_cached_key(|&id| {
        let node = graph.node(id);
        let (schema, name) = node.sort_name();
        (node.priority(), schema, name, arguments(graph, id), on(graph, id), id)
    });
    let mut ranks = vec![0; graph.len()];
    for (rank, id) in ids.into_iter().enumerate() {
        ranks[id.0] = rank;
    }
    ranks
}

/// What the node sits on, by name: two tables may have triggers of one name.
fn on<'c>(graph: &Graph<'c>, id: NodeId) -> (&'c str, &'c str) {
    let node = graph.node(id);
    if let Node::DomainConstraint(domain, _) = node {
        return Node::Type(domain).sort_name();
    }
    let relation = node.relation().map(relation_id);
    let relation = relation.and_then(|relation| graph.maker(relation));
    relation.map(|relation| graph.node(relation).sort_name()).unwrap_or_default()
}

fn arguments(graph: &Graph<'_>, id: NodeId) -> (usize, Vec<String>) {
    match graph.node(id) {
        Node::Function(function) | Node::FunctionBody(function) => {
            (function.argument_types.len(), function.argument_types.clone())
        }
        Node::Aggregate(aggregate) => {
            (aggregate.argument_types.len(), aggregate.argument_types.clone())
        }
        Node::Operator(operator) => {
            let place = ['r', 'l'].iter().position(|&kind| kind == operator.kind).unwrap_or(2);
            (place, operator.operands.to_vec())
        }
        Node::OperatorFamily(OperatorFamily { method, .. })
        | Node::OperatorClass(OperatorClass { method, .. }) => (0, vec![method.clone()]),
        Node::DefaultAcl(default) => (0, vec![default.objects.keyword().to_owned()]),
        Node::PublicationTable(member) => (0, vec![member.table.to_string()]),
        Node::PublicationSchema(member) => (0, vec![member.schema.clone()]),
        _ => (0, Vec::new()),
    }
}
