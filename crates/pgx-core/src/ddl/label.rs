//! Security labels.

use super::Context;
use crate::catalog::model::{Labels, TypeKind, class};
use crate::connect::quote::{ident, literal};
use crate::order::Node;
use crate::toc::{CatalogId, Entry, SecurityLabel};

/// The labels on the object that `entry` makes, and on its columns or attributes.
pub(super) fn of_node(node: &Node<'_>, entry: &Entry, ctx: &Context<'_>) -> Vec<SecurityLabel> {
    let labels = &ctx.catalog.labels;
    // What has no address is a step beside the one that makes the object.
    if labels.is_empty() || entry.address.is_empty() {
        return Vec::new();
    }
    let mut found = of_object(entry.catalog, 0, &entry.address, labels);
    let (of, columns) = columns(node, entry.catalog);
    let name = entry.name.sql();
    for (number, column) in columns {
        let address = format!("COLUMN {name}.{}", ident(column));
        found.extend(of_object(of, number, &address, labels));
    }
    found
}

/// Numbers and names of columns, and what they are columns of: for attributes that is the composite
/// type's row in `pg_class`.
fn columns<'c>(node: &Node<'c>, id: CatalogId) -> (CatalogId, Vec<(i32, &'c str)>) {
    match node {
        Node::Relation(relation) => {
            let columns = relation.columns.iter();
            (id, columns.map(|column| (column.number, column.name.as_str())).collect())
        }
        Node::Type(a_type) => match &a_type.kind {
            TypeKind::Composite { class_oid, attributes } => {
                let of = CatalogId { class: class::CLASS, oid: *class_oid };
                let attributes = attributes.iter();
                (of, attributes.map(|one| (one.number, one.name.as_str())).collect())
            }
            _ => (id, Vec::new()),
        },
        _ => (id, Vec::new()),
    }
}

fn of_object(id: CatalogId, number: i32, address: &str, labels: &Labels) -> Vec<SecurityLabel> {
    let labels = labels.get(&(id, number)).into_iter().flatten();
    labels
        .map(|label| SecurityLabel {
            provider: label.provider.clone(),
            address: address.to_owned(),
            text: label.text.clone(),
        })
        .collect()
}

/// The statement that sets a label.
pub fn statement(label: &SecurityLabel) -> String {
    let SecurityLabel { provider, address, text } = label;
    format!("SECURITY LABEL FOR {} ON {address} IS {}", ident(provider), literal(text))
}

/// A statement that fails whether or not the provider is loaded, but not for the same reason: no large
/// object has the number 0.
pub fn probe(provider: &str) -> String {
    format!("SECURITY LABEL FOR {} ON LARGE OBJECT 0 IS NULL", ident(provider))
}
