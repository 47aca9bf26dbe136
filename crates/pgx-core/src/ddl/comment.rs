//! Comments.

use super::Context;
use crate::connect::quote::{ident, literal};
use crate::toc::{CatalogId, Comment};

/// The comment on an object, if it has one; `address` is what follows COMMENT ON.
pub fn of_object(id: CatalogId, address: &str, ctx: &Context<'_>) -> Option<Comment> {
    let text = ctx.catalog.comments.get(&(id, 0))?;
    Some(Comment { address: address.to_owned(), text: text.clone() })
}

/// The comments on columns: `columns` are their numbers and names, `relation` is the quoted name of the
/// table, view or composite type, `id` its row in `pg_class`.
pub fn of_columns<'n>(
    id: CatalogId,
    relation: &str,
    columns: impl IntoIterator<Item = (i32, &'n str)>,
    ctx: &Context<'_>,
) -> Vec<Comment> {
    let of_column = |(number, name): (i32, &str)| {
        let text = ctx.catalog.comments.get(&(id, number))?;
        let address = format!("COLUMN {relation}.{}", ident(name));
        Some(Comment { address, text: text.clone() })
    };
    columns.into_iter().filter_map(of_column).collect()
}

/// The statement that sets a comment. An empty text removes one.
pub fn statement(comment: &Comment) -> String {
    format!("COMMENT ON {} IS {}", comment.address, literal(&comment.text))
}
