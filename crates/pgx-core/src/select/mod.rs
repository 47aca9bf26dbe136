//! Which objects and rows a dump takes: patterns, filter files, manifests.
