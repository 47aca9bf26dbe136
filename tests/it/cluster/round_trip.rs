//! Everything comes back, from a file and from a pipe.

use pgx_core::verify::fingerprint::Fingerprint;

use super::{Dumped, NAMES, databases, execute, fill, fingerprint_of, orders, properties};
use crate::support::{self, Cluster, Server};

#[track_caller]
fn assert_same(original: &Server, copy: &Server, names: &[&str]) {
    for name in names {
        let (a, b) = (fingerprint_of(original, name), fingerprint_of(copy, name));
        let differences = Fingerprint::difference(&a, &b);
        assert!(differences.is_empty(), "{name}: {differences:#?}");
    }
    for name in ["shop", "zoë"] {
        assert_eq!(orders(original, name), orders(copy, name), "{name}");
    }
}

/// On the oldest, a middle and the newest version: each takes two clusters.
#[test]
fn a_cluster_comes_back_from_a_file_and_from_a_pipe() {
    for major in [10, 14, 18] {
        let Some(server) = support::server(major) else { continue };
        let (Some(original), Some(copy)) = (Cluster::new(&server), Cluster::new(&server)) else {
            continue;
        };
        fill(&original);
        let (original, copy) = (original.server(), copy.server());
        let dumped = Dumped::of(original);
        let others = ["--exclude-database", "postgres", "--exclude-database", "template?"];
        dumped.restore(copy, &others).ok();
        assert_same(original, copy, &NAMES);
        execute(copy, "postgres", "ALTER DATABASE \"it's a \"\"b\"\" = c\" IS_TEMPLATE false");
        for name in NAMES {
            let name = name.replace('"', "\"\"");
            execute(copy, "postgres", &format!("DROP DATABASE \"{name}\""));
        }
        let said = dumped.restore_from_pipe(copy, &[]).ok().stderr;
        assert!(said.contains("restored 6 databases"), "{said}");
        assert_same(original, copy, &NAMES);
        assert_same(original, copy, &["postgres", "template1"]);
        assert_eq!(properties(original), properties(copy), "PostgreSQL {major}");
        assert_eq!(databases(original), databases(copy), "PostgreSQL {major}");
        let second = Dumped::of(copy);
        let members = |dumped: &Dumped| {
            let path = dumped.path();
            let file = pgx_core::archive::ClusterFile::open(&path).unwrap();
            file.members().iter().map(|member| member.label()).collect::<Vec<_>>()
        };
        assert_eq!(members(&dumped), members(&second), "PostgreSQL {major}");
    }
}
