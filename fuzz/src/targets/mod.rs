//! The targets.

mod archive;
mod cluster;
mod header;
mod render;
mod rows;
mod salvage;
mod stripes;
mod text;
mod toc;
mod wire;

use crate::outcome::Outcome;

/// Something that is fuzzed.
pub struct Target {
    /// Its name, and that of its corpus.
    pub name: &'static str,
    /// What is run: panics when a promise is broken.
    pub run: fn(&[u8]) -> Outcome,
    /// Inputs that mean something.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "header", run: header::run, seeds: header::seeds },
    Target { name: "archive", run: archive::run, seeds: archive::seeds },
    Target { name: "cluster", run: cluster::run, seeds: cluster::seeds },
    Target { name: "salvage", run: salvage::run, seeds: archive::seeds },
    Target { name: "toc", run: toc::run, seeds: toc::seeds },
    Target { name: "stripe-decode", run: stripes::decode, seeds: stripes::decode_seeds },
    Target { name: "stripe-encode", run: stripes::encode, seeds: stripes::encode_seeds },
    Target { name: "rows", run: rows::run, seeds: rows::seeds },
    Target { name: "text-rows", run: text::run, seeds: text::seeds },
    Target { name: "wire", run: wire::run, seeds: wire::seeds },
    Target { name: "render", run: render::run, seeds: render::seeds },
];

/// The target of a name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
