//! The container: frames, table of contents, index; written front to back, read at random.
