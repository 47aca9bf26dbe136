//! Binary values become the text that the server prints for them: the server is the oracle.
//!
//! There is a list of [`Case`]s per family of types (`scalars`, `compounds`). For each, `oracle`
//! fills a table with NULL, special values and random ones, and compares pgx's text of COPY BINARY
//! with COPY's own.

mod case;
mod compounds;
mod copied;
mod oracle;
mod scalars;

use pgx_core::toc::{Leaf, Shape};

use case::Case;

#[test]
fn every_type_that_pgx_knows_is_compared_with_the_servers() {
    let covers = |case: &Case, leaf: Leaf| case.shape() == Shape::Leaf(leaf);
    let cases = || scalars::CASES.iter().chain(compounds::CASES);
    let missing: Vec<&str> = Leaf::ALL
        .iter()
        .filter(|&&leaf| !cases().any(|case| covers(case, leaf)))
        .map(|leaf| leaf.text())
        .collect();
    assert!(missing.is_empty(), "no case for {}", missing.join(", "));
}
