//! Rules.

use crate::toc::CatalogId;

/// A rewrite rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// Catalog and OID.
    pub id: CatalogId,
    /// Name; `_RETURN` for the rule that is a view's query.
    pub name: String,
    /// OID of the relation.
    pub relation: u32,
    /// `pg_get_ruledef`, without the final semicolon; empty for `_RETURN`.
    pub definition: String,
    /// `ev_enabled`: `O D R A`.
    pub enabled: char,
    /// The query of a view or materialized view.
    pub is_view_query: bool,
}
