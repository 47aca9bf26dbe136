//! Breaking dependency loops by taking an object apart.

use std::collections::{HashMap, VecDeque};

use super::Repairs;
use super::edges::inside;
use super::graph::Graph;
use super::later;
use super::node::{Node, NodeId};
use super::scc::strong_components;
use crate::catalog::model::RelKind;
use crate::error::{Code, Error, Result};

/// Rounds of repairs, each of which opens a loop in every component: a handful in any real schema.
const ROUNDS: usize = 1_000;

/// Breaks every loop.
///
/// # Errors
/// A loop that none of the repairs opens.
pub(super) fn break_loops(graph: &mut Graph<'_>) -> Result<Repairs> {
    let mut repairs = Repairs::default();
    for _ in 0..ROUNDS {
        let components = {
            let graph = &*graph;
            strong_components(graph.len(), |node| {
                Box::new(graph.needs(NodeId(node)).iter().map(|id| id.0))
            })
        };
        if components.is_empty() {
            return Ok(repairs);
        }
        for component in components {
            let cycle = shortest_cycle(graph, &component);
            if !repair(graph, &cycle, &mut repairs) {
                return Err(unbreakable(graph, &cycle));
            }
        }
    }
    Err(Error::internal("opening one dependency loop makes another, without end"))
}

/// A shortest cycle within a component, as nodes each of which needs the next (and the last the
/// first). The borders are tried first: a cycle through them tells what must move behind the rows.
fn shortest_cycle(graph: &Graph<'_>, component: &[usize]) -> Vec<NodeId> {
    let member = |id: &NodeId| component.binary_search(&id.0).is_ok();
    let mut best: Vec<NodeId> = Vec::new();
    for &start in component {
        let start = NodeId(start);
        let mut from: HashMap<NodeId, NodeId> = HashMap::new();
        let mut queue = VecDeque::from([start]);
        'search: while let Some(id) = queue.pop_front() {
            for &next in graph.needs(id).iter().filter(|next| member(next)) {
                if next == start {
                    let mut cycle = vec![id];
                    while let Some(&previous) = from.get(&cycle[cycle.len() - 1]) {
                        cycle.push(previous);
                    }
                    cycle.reverse();
                    if best.is_empty() || cycle.len() < best.len() {
                        best = cycle;
                    }
                    break 'search;
                }
                if next != start && !from.contains_key(&next) {
                    from.insert(next, id);
                    queue.push_back(next);
                }
            }
        }
        // The borders have the lowest numbers: a cycle through one is taken as it is.
        if !best.is_empty() && start.0 <= 1 {
            break;
        }
        if best.len() == 2 {
            break;
        }
    }
    best
}

/// Opens the cycle at the first place where that is possible; false if there is none.
fn repair(graph: &mut Graph<'_>, cycle: &[NodeId], repairs: &mut Repairs) -> bool {
    let pairs: Vec<(NodeId, NodeId)> =
        cycle.iter().enumerate().map(|(i, &id)| (id, cycle[(i + 1) % cycle.len()])).collect();
    let attempts = [
        shell_type,
        dummy_view,
        postpone,
        separate_constraint,
        separate_default,
        later::domain_default,
        later::function_body,
        later::generated_column,
    ];
    attempts.iter().any(|attempt| pairs.iter().any(|&(id, next)| attempt(graph, id, next, repairs)))
}

/// The functions of a base type, or of a range, are made for its shell.
fn shell_type(graph: &mut Graph<'_>, of: NodeId, a_type: NodeId, repairs: &mut Repairs) -> bool {
    let (Node::Function(_), Node::Type(announced)) = (graph.node(of), graph.node(a_type)) else {
        return false;
    };
    let Some(shell) = graph.shell(announced) else { return false };
    // The others that the type names are in the same loop.
    let needs = graph.needs(a_type).iter().copied();
    let functions: Vec<NodeId> =
        needs.filter(|&id| matches!(graph.node(id), Node::Function(_))).chain([of]).collect();
    for function in functions {
        if graph.needs(function).contains(&a_type) {
            graph.forget(function, a_type);
            graph.need(function, shell);
        }
    }
    graph.need(a_type, shell);
    repairs.shells.insert(announced.object.id);
    true
}

/// A view is made with a stand-in query; its real one becomes a step behind the rows.
fn dummy_view(graph: &mut Graph<'_>, view: NodeId, rule: NodeId, repairs: &mut Repairs) -> bool {
    let (Node::Relation(relation), Node::Rule(_)) = (graph.node(view), graph.node(rule)) else {
        return false;
    };
    if relation.kind != RelKind::View {
        return false;
    }
    graph.forget(view, rule);
    graph.need(rule, view);
    graph.need(rule, graph.data_end);
    repairs.dummy_views.insert(relation.object.id);
    true
}

/// A function or materialized view moves behind the rows.
fn postpone(graph: &mut Graph<'_>, border: NodeId, node: NodeId, repairs: &mut Repairs) -> bool {
    let movable = match graph.node(node) {
        // One whose body follows can stay where it is needed: the body moves.
        Node::Function(function) => !repairs.separate.contains(&function.object.id),
        Node::FunctionBody(_) => true,
        Node::Relation(relation) => relation.kind == RelKind::MaterializedView,
        _ => false,
    };
    if border != graph.pre_data_end || !movable {
        return false;
    }
    graph.forget(border, node);
    graph.need(node, graph.data_end);
    repairs.postponed.insert(graph.node(node).catalog_id());
    true
}

/// A CHECK of a table or domain becomes a step behind the rows.
fn separate_constraint(
    graph: &mut Graph<'_>,
    host: NodeId,
    part: NodeId,
    repairs: &mut Repairs,
) -> bool {
    if !matches!(graph.node(part), Node::Constraint(_) | Node::DomainConstraint(..))
        || !inside(graph, part)
    {
        return false;
    }
    graph.need(part, graph.data_end);
    separate(graph, host, part, repairs);
    true
}

/// A default becomes a step behind its table. A generation expression cannot: before 17 no ALTER TABLE
/// sets one.
fn separate_default(
    graph: &mut Graph<'_>,
    host: NodeId,
    part: NodeId,
    repairs: &mut Repairs,
) -> bool {
    let Node::Default(relation, default) = graph.node(part) else { return false };
    if relation.generates(default.number) || !inside(graph, part) {
        return false;
    }
    graph.need(graph.pre_data_end, part);
    separate(graph, host, part, repairs);
    true
}

fn separate(graph: &mut Graph<'_>, host: NodeId, part: NodeId, repairs: &mut Repairs) {
    graph.forget(host, part);
    graph.need(part, host);
    repairs.separate.insert(graph.node(part).catalog_id());
}

fn unbreakable(graph: &Graph<'_>, cycle: &[NodeId]) -> Error {
    let names: Vec<String> = cycle.iter().map(|&id| graph.node(id).describe()).collect();
    Error::new(Code::Unsupported, "objects depend on each other in a loop that pgx cannot open")
        .object(names.join(" → "))
        .hint("leave one of them out with -T or -N")
}
