//! What needs what.

use std::collections::HashMap;

use super::graph::Graph;
use super::node::{Node, NodeId, in_table};
use crate::catalog::Catalog;
use crate::catalog::model::{
    ConstraintKind, Depend, DependKind, RelKind, TextSearchKind, class, relation_id,
};
use crate::toc::{CatalogId, Section};

/// Draws every edge.
pub(super) fn draw(graph: &mut Graph<'_>, catalog: &Catalog) {
    recorded(graph, catalog);
    insides(graph);
    besides(graph);
    attachments(graph, catalog);
    stricter_checks(graph, catalog);
    parts_of_keys(graph, catalog);
    shells(graph, catalog);
    dictionaries(graph, catalog);
    casts(graph, catalog);
    refreshes(graph, catalog);
    sections(graph);
}

/// The server's own record, where both ends are made by different nodes.
fn recorded(graph: &mut Graph<'_>, catalog: &Catalog) {
    for depend in &catalog.depends {
        let (Some(of), Some(on)) = (graph.maker(depend.of), graph.maker(depend.on)) else {
            continue;
        };
        if matters(graph, depend, of, on) {
            graph.need(of, on);
        }
    }
}

/// Leaves out what is drawn otherwise, or says nothing about the order.
fn matters(graph: &Graph<'_>, depend: &Depend, of: NodeId, on: NodeId) -> bool {
    // What a member of an extension needs is the extension's own business.
    if matches!(graph.node(of), Node::Extension(_)) && depend.of.class != class::EXTENSION {
        return false;
    }
    match (graph.node(of), graph.node(on)) {
        // The parts that are printed inside: `insides` draws them the other way round.
        (Node::Default(relation, _), Node::Relation(table)) => {
            relation.object.id != table.object.id
        }
        (Node::Constraint(constraint), Node::Relation(table)) if in_table(constraint) => {
            constraint.relation != table.object.id.oid
        }
        (Node::DomainConstraint(of, _), Node::Type(on)) => of.object.id != on.object.id,
        (Node::Rule(rule), Node::Relation(view)) if rule.is_view_query => {
            rule.relation != view.object.id.oid
        }
        // OWNED BY is a step of its own behind both: the sequence can come first, and the column's
        // default stays inside its table.
        (Node::Sequence(sequence), Node::Relation(_)) => {
            sequence.identity || depend.kind != DependKind::Auto
        }
        // Parts of partitioned indexes and constraints are put together by attaching.
        (Node::Index(_) | Node::Constraint(_), Node::Index(_) | Node::Constraint(_)) => {
            depend.kind != DependKind::Partition
        }
        _ => true,
    }
}

/// A table needs what is printed inside it; a view needs its query.
fn insides(graph: &mut Graph<'_>) {
    for id in graph.ids() {
        match graph.node(id) {
            Node::Default(relation, _) => {
                let Some(table) = graph.maker(relation.object.id) else { continue };
                // A view's default is always a step of its own.
                if matches!(relation.kind, RelKind::View) {
                    graph.need(id, table);
                } else {
                    graph.need(table, id);
                }
            }
            Node::Constraint(constraint) => {
                let table = relation_id(constraint.relation);
                let Some(table) = graph.maker(table) else { continue };
                if in_table(constraint) {
                    graph.need(table, id);
                } else {
                    graph.need(id, table);
                }
            }
            Node::DomainConstraint(a_type, constraint) => {
                let Some(domain) = graph.maker(a_type.object.id) else { continue };
                if constraint.validated {
                    graph.need(domain, id);
                } else {
                    graph.need(id, domain);
                }
            }
            Node::Rule(rule) => {
                let Some(relation) = graph.maker(relation_id(rule.relation)) else { continue };
                if rule.is_view_query {
                    graph.need(relation, id);
                } else {
                    graph.need(id, relation);
                }
            }
            _ => {}
        }
    }
}

/// A step that adds to an object needs the object; what sits on a relation needs the relation.
fn besides(graph: &mut Graph<'_>) {
    for id in graph.ids() {
        let node = graph.node(id);
        let object = match node {
            Node::OwnedBy(sequence) | Node::SequenceSet(sequence) => sequence.object.id,
            Node::Attach(relation)
            | Node::TableData(relation)
            | Node::RowSecurity(relation)
            | Node::Refresh(relation) => relation.object.id,
            Node::Index(index) => relation_id(index.relation),
            Node::Trigger(trigger) => relation_id(trigger.relation),
            Node::Policy(policy) => relation_id(policy.relation),
            _ => continue,
        };
        need_object(graph, id, object);
        match node {
            Node::OwnedBy(sequence) => {
                if let Some((table, _)) = sequence.owned_by {
                    need_object(graph, id, relation_id(table));
                }
            }
            // The server makes a clone on a partition when the trigger it is a clone of is made; a
            // clone in between is not in the catalog, so the record alone can miss this.
            Node::Trigger(trigger) => {
                if let Some(oid) = trigger.clone_of {
                    need_object(graph, id, CatalogId { class: class::TRIGGER, oid });
                }
                if let Some(key) = &trigger.key {
                    need_object(graph, id, CatalogId { class: class::CONSTRAINT, oid: key.oid });
                }
            }
            _ => {}
        }
    }
}

/// Attaching needs parent and child; a foreign key to a partitioned table needs the referenced index
/// whole, so it waits for every part below it.
fn attachments(graph: &mut Graph<'_>, catalog: &Catalog) {
    let mut parts: HashMap<u32, Vec<(u32, NodeId)>> = HashMap::new();
    for id in graph.ids() {
        match graph.node(id) {
            Node::Attach(relation) => {
                if let Some(partition) = &relation.partition {
                    need_object(graph, id, relation_id(partition.parent));
                }
            }
            Node::IndexAttach(index) => {
                let Some(parent) = index.parent else { continue };
                need_object(graph, id, relation_id(parent));
                need_object(graph, id, index.object.id);
                parts.entry(parent).or_default().push((index.object.id.oid, id));
            }
            _ => {}
        }
    }
    for key in &catalog.constraints {
        let (ConstraintKind::Foreign, Some(index)) = (key.kind, key.index) else { continue };
        let Some(id) = graph.maker(key.object.id) else { continue };
        let mut open = vec![index];
        while let Some(index) = open.pop() {
            for &(part, attach) in parts.get(&index).map_or(&[][..], Vec::as_slice) {
                graph.need(id, attach);
                open.push(part);
            }
        }
    }
}

/// A CHECK that a child enforces and its parents do not is there when theirs are.
fn stricter_checks(graph: &mut Graph<'_>, catalog: &Catalog) {
    for check in catalog.constraints.iter().filter(|check| check.stricter) {
        let Some(id) = graph.maker(check.object.id) else { continue };
        let mut open = vec![check.relation];
        while let Some(table) = open.pop() {
            let parents = catalog.relation(table).map_or(&[][..], |table| &table.parents);
            for &parent in parents {
                let of_parent = catalog.constraints_of(parent).iter();
                for above in of_parent.filter(|above| above.object.name == check.object.name) {
                    need_object(graph, id, above.object.id);
                }
                open.push(parent);
            }
        }
    }
}

/// A partition's key that has its own name is there before the keys above become its wholes.
fn parts_of_keys(graph: &mut Graph<'_>, catalog: &Catalog) {
    let parents =
        catalog.constraints.iter().filter_map(|key| Some((key.object.id.oid, key.parent?)));
    let parents: HashMap<u32, u32> = parents.collect();
    for key in catalog.constraints.iter().filter(|key| key.own_part) {
        let Some(part) = graph.maker(key.object.id) else { continue };
        let above = std::iter::successors(key.parent, |oid| parents.get(oid).copied());
        for oid in above {
            if let Some(whole) = graph.maker(CatalogId { class: class::CONSTRAINT, oid }) {
                graph.need(whole, part);
            }
        }
    }
}

/// A shell stands in the schema of its type.
fn shells(graph: &mut Graph<'_>, catalog: &Catalog) {
    for id in graph.ids() {
        let Node::ShellType(a_type) = graph.node(id) else { continue };
        for depend in catalog.depends_of(a_type.object.id) {
            if depend.on.class == class::NAMESPACE {
                need_object(graph, id, depend.on);
            }
        }
    }
}

/// A dictionary whose options name another (a thesaurus does) is made after that one. The server records
/// nothing of it.
fn dictionaries(graph: &mut Graph<'_>, catalog: &Catalog) {
    for dictionary in &catalog.text_search {
        let Some(named) = dictionary.named_dictionary() else { continue };
        let Some(id) = graph.maker(dictionary.object.id) else { continue };
        for other in &catalog.text_search {
            let name = other.object.name_ref().to_string().replace('"', "");
            let names = [&name, &other.object.name];
            if other.kind == TextSearchKind::Dictionary
                && names.iter().any(|name| name.eq_ignore_ascii_case(&named))
            {
                need_object(graph, id, other.object.id);
            }
        }
    }
}

/// A cast's function may take or give another type, where a cast that keeps the bytes leads from there. Not every
/// server records that, so casts with functions come after those that keep the bytes of a type of theirs.
fn casts(graph: &mut Graph<'_>, catalog: &Catalog) {
    let types = |cast: CatalogId| {
        let on = catalog.depends_of(cast).iter().map(|depend| depend.on);
        on.filter(|on| on.class == class::TYPE)
    };
    let mut binary: HashMap<CatalogId, Vec<CatalogId>> = HashMap::new();
    for cast in catalog.casts.iter().filter(|cast| cast.binary) {
        types(cast.object.id).for_each(|of| binary.entry(of).or_default().push(cast.object.id));
    }
    for cast in catalog.casts.iter().filter(|cast| !cast.binary) {
        let Some(id) = graph.maker(cast.object.id) else { continue };
        for &first in types(cast.object.id).filter_map(|of| binary.get(&of)).flatten() {
            need_object(graph, id, first);
        }
    }
}

/// A materialized view is filled after those it reads, directly or through views.
fn refreshes(graph: &mut Graph<'_>, catalog: &Catalog) {
    let mut reads: HashMap<CatalogId, Vec<CatalogId>> = HashMap::new();
    let views: HashMap<CatalogId, CatalogId> = catalog
        .rules
        .iter()
        .filter(|rule| rule.is_view_query)
        .map(|rule| (rule.id, relation_id(rule.relation)))
        .collect();
    for depend in &catalog.depends {
        if let Some(&view) = views.get(&depend.of)
            && depend.on.class == class::CLASS
            && depend.on != view
        {
            reads.entry(view).or_default().push(depend.on);
        }
    }
    for id in graph.ids() {
        let Node::Refresh(relation) = graph.node(id) else { continue };
        let mut open = reads.get(&relation.object.id).cloned().unwrap_or_default();
        let mut seen = std::collections::HashSet::new();
        while let Some(object) = open.pop() {
            if !seen.insert(object) {
                continue;
            }
            let refresh = graph
                .beside(object)
                .iter()
                .copied()
                .find(|&other| matches!(graph.node(other), Node::Refresh(_)) && other != id);
            match refresh {
                Some(refresh) => graph.need(id, refresh),
                None => open.extend(reads.get(&object).into_iter().flatten()),
            }
        }
    }
}

/// Pre-data, the first border, data, the second border, post-data. What is printed inside something
/// has no place of its own.
fn sections(graph: &mut Graph<'_>) {
    let (pre_data_end, data_end) = (graph.pre_data_end, graph.data_end);
    graph.need(data_end, pre_data_end);
    for id in graph.ids() {
        let node = graph.node(id);
        if matches!(node, Node::PreDataEnd | Node::DataEnd) || inside(graph, id) {
            continue;
        }
        match node.section() {
            Section::PreData => graph.need_new(pre_data_end, id),
            Section::Data => {
                graph.need(id, pre_data_end);
                graph.need_new(data_end, id);
            }
            Section::PostData => graph.need(id, data_end),
        }
    }
}

/// Whether a node is printed inside the node of its relation or domain.
pub(super) fn inside(graph: &Graph<'_>, id: NodeId) -> bool {
    let host = match graph.node(id) {
        Node::Default(relation, _) => graph.maker(relation.object.id),
        Node::Constraint(constraint) => graph.maker(relation_id(constraint.relation)),
        Node::DomainConstraint(a_type, _) => graph.maker(a_type.object.id),
        Node::Rule(rule) if rule.is_view_query => graph.maker(relation_id(rule.relation)),
        _ => None,
    };
    host.is_some_and(|host| graph.needs(host).contains(&id))
}

fn need_object(graph: &mut Graph<'_>, node: NodeId, object: CatalogId) {
    if let Some(maker) = graph.maker(object) {
        graph.need(node, maker);
    }
}
