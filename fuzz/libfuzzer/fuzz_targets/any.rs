//! The target that the variable `PGX_FUZZ_TARGET` names, led by coverage.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pgx_fuzz::Target;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("PGX_FUZZ_TARGET").expect("PGX_FUZZ_TARGET names a target");
    pgx_fuzz::target(&name).expect("PGX_FUZZ_TARGET names one of the targets")
});

fuzz_target!(|data: &[u8]| {
    (TARGET.run)(data);
});
