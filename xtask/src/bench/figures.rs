//! What is compared, and how far pgx is to come.

/// What of a run a ratio is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    Wall,
    Cpu,
}

/// How one side does a task. Words in capitals stand for what differs from run to run:
/// SOURCE and TARGET are databases, INPUT and OUTPUT archives, WORK a directory, BEST the compression
/// that suits pg_dump, SKIP what pgcopydb is to leave out.
pub(crate) struct Way {
    /// In the table.
    pub(crate) name: &'static str,
    /// The program and its arguments.
    pub(crate) run: &'static str,
    /// What makes INPUT, as its OUTPUT.
    pub(crate) before: Option<&'static str>,
}

/// One line of the table.
pub(crate) struct Figure {
    pub(crate) ours: Way,
    pub(crate) theirs: Way,
    pub(crate) measure: Measure,
    /// Sessions of pgx.
    pub(crate) jobs: u64,
    /// The command of pgx, and a word that its `--help` must hold.
    pub(crate) needs: [&'static str; 2],
    /// The ratios to reach, by [`kind_of`].
    targets: [Option<f64>; 4],
}

impl Figure {
    /// The ratio to reach with this database; none for one that nobody has thought about.
    pub(crate) fn target(&self, database: &str) -> Option<f64> {
        self.targets[kind_of(database)?]
    }

    /// As people name it.
    pub(crate) fn name(&self) -> String {
        let of = if self.measure == Measure::Cpu { "client CPU: " } else { "" };
        format!("{of}{} / {}", self.ours.name, self.theirs.name)
    }
}

/// Each kind of database that targets are about has two names: with data as they were first measured, and
/// as it is generated.
const KINDS: [[&str; 2]; 4] =
    [["dias", "mixed"], ["bench", "single"], ["wide", "wide"], ["many", "many"]];
const MANY: usize = 3;

fn kind_of(database: &str) -> Option<usize> {
    KINDS.iter().position(|names| names.contains(&database))
}

const MEBIBYTE: u64 = 1 << 20;

/// The peak memory that pgx may have.
pub(crate) fn memory_limit(database: &str, jobs: u64) -> u64 {
    let by_jobs = (64 + 16 * jobs) * MEBIBYTE;
    if kind_of(database) == Some(MANY) { by_jobs.max(150 * MEBIBYTE) } else { by_jobs }
}

const fn way(name: &'static str, run: &'static str, before: Option<&'static str>) -> Way {
    Way { name, run, before }
}

const fn targets(dias: f64, bench: f64, wide: f64, many: f64) -> [Option<f64>; 4] {
    [Some(dias), Some(bench), Some(wide), Some(many)]
}

const OUR_ARCHIVE: Option<&str> = Some("pgx dump -q -j2 -d SOURCE -f OUTPUT");

/// The table, line by line.
pub(crate) static FIGURES: [Figure; 7] = [
    Figure {
        ours: way("dump -j2", "pgx dump -q -j2 -d SOURCE -f OUTPUT", None),
        theirs: way("pg_dump -Fd -j2 -Z BEST", "pg_dump -Fd -j2 -Z BEST -d SOURCE -f OUTPUT", None),
        measure: Measure::Wall,
        jobs: 2,
        needs: ["dump", "--jobs"],
        targets: targets(0.70, 0.65, 0.60, 0.30),
    },
    Figure {
        ours: way("dump", "pgx dump -q -d SOURCE -f OUTPUT", None),
        theirs: way("pg_dump -Fc", "pg_dump -Fc -d SOURCE -f OUTPUT", None),
        measure: Measure::Wall,
        jobs: 1,
        needs: ["dump", ""],
        targets: targets(0.08, 0.55, 0.25, 1.0),
    },
    Figure {
        ours: way("restore -1", "pgx restore -q -1 --no-analyze -d TARGET INPUT", OUR_ARCHIVE),
        theirs: way(
            "pg_restore -1",
            "pg_restore -1 -d TARGET INPUT",
            Some("pg_dump -Fc -Z BEST -d SOURCE -f OUTPUT"),
        ),
        measure: Measure::Wall,
        jobs: 1,
        needs: ["restore", "--single-transaction"],
        targets: targets(0.70, 0.85, 0.65, 0.85),
    },
    Figure {
        ours: way("restore -j2", "pgx restore -q -j2 --no-analyze -d TARGET INPUT", OUR_ARCHIVE),
        theirs: way(
            "pg_restore -j2",
            "pg_restore -j2 -d TARGET INPUT",
            Some("pg_dump -Fd -j2 -Z BEST -d SOURCE -f OUTPUT"),
        ),
        measure: Measure::Wall,
        jobs: 2,
        needs: ["restore", "--jobs"],
        targets: targets(0.60, 0.65, 0.65, 0.25),
    },
    Figure {
        ours: way("dump", "pgx dump -q -d SOURCE -f OUTPUT", None),
        theirs: way("pg_dump -Fc -Z BEST", "pg_dump -Fc -Z BEST -d SOURCE -f OUTPUT", None),
        measure: Measure::Cpu,
        jobs: 1,
        needs: ["dump", ""],
        targets: targets(0.65, 0.8, 0.65, 1.0),
    },
    Figure {
        ours: way("clone -j2", "pgx clone -q -j2 --no-analyze --create SOURCE TARGET", None),
        theirs: way(
            "pgcopydb clone --table-jobs 2 --index-jobs 2",
            "pgcopydb clone --source SOURCE --target TARGET --table-jobs 2 --index-jobs 2 \
             --dir WORK SKIP",
            None,
        ),
        measure: Measure::Wall,
        jobs: 2,
        needs: ["clone", "--jobs"],
        targets: targets(0.65, 0.70, 0.35, 0.15),
    },
    Figure {
        ours: way("dump -s", "pgx dump -q -s -d SOURCE -f OUTPUT", None),
        theirs: way("pg_dump -s -Fc", "pg_dump -s -Fc -d SOURCE -f OUTPUT", None),
        measure: Measure::Wall,
        jobs: 1,
        needs: ["dump", ""],
        targets: [None; 4],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_has_targets_by_either_name() {
        let dump = &FIGURES[0];
        assert_eq!((dump.target("dias"), dump.target("mixed")), (Some(0.70), Some(0.70)));
        assert_eq!((dump.target("many"), dump.target("mine")), (Some(0.30), None));
    }

    #[test]
    fn memory_grows_with_jobs_alone() {
        assert_eq!(memory_limit("dias", 2) >> 20, 96);
        assert_eq!((memory_limit("many", 2) >> 20, memory_limit("many", 8) >> 20), (150, 192));
    }

    #[test]
    fn a_name_says_what_is_measured() {
        assert_eq!(FIGURES[1].name(), "dump / pg_dump -Fc");
        assert_eq!(FIGURES[4].name(), "client CPU: dump / pg_dump -Fc -Z BEST");
    }
}
