//! The restore: plan, preflight, pre-data, rows, post-data.
