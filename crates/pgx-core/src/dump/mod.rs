//! The dump: connect, catalog, select, order, then rows into the archive.
