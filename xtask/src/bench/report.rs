//! The table of figures.

use super::Contestant;
use super::measure::Run;
use crate::servers::Server;

/// What was measured of one program at one size.
pub(crate) struct Figures {
    /// Dumping.
    pub(crate) dump: Run,
    /// Restoring into an empty database, in one transaction.
    pub(crate) restore: Run,
    /// The archive's size.
    pub(crate) bytes: u64,
}

/// Says what is compared, and the columns.
pub(crate) fn head(server: &Server, contestants: &[Contestant], runs: u32) {
    let names: Vec<&str> = contestants.iter().map(|contestant| contestant.name.as_str()).collect();
    let postgis = if server.has_postgis() { "with" } else { "without" };
    println!("PostgreSQL {} {postgis} PostGIS; medians of {runs} runs", server.major);
    if let [only] = names[..] {
        println!("no pg_dump here that knows this server: {only} runs alone");
    }
    println!(
        "\n{:>10}  {:<24} {:>7} {:>9} {:>10} {:>10} {:>12}",
        "rows", "program", "dump s", "restore s", "archive MB", "dump MiB", "restore MiB"
    );
}

/// One line, with ratios to the line above when that is of the same size.
pub(crate) fn line(rows: u64, name: &str, own: &Figures, above: Option<&(String, u64, Figures)>) {
    println!(
        "{rows:>10}  {name:<24} {:>7.2} {:>9.2} {:>10.1} {:>10.1} {:>12.1}",
        own.dump.seconds,
        own.restore.seconds,
        float(own.bytes) / 1e6,
        mebibytes(own.dump.peak),
        mebibytes(own.restore.peak)
    );
    if let Some((_, _, pgx)) = above.filter(|(_, size, _)| *size == rows) {
        println!(
            "{:>10}  {:<24} {:>6.1}x {:>8.1}x {:>9.1}x",
            "",
            "= times pgx's",
            own.dump.seconds / pgx.dump.seconds,
            own.restore.seconds / pgx.restore.seconds,
            float(own.bytes) / float(pgx.bytes)
        );
    }
}

/// For people; nothing is computed with it.
pub(crate) fn mebibytes(bytes: u64) -> f64 {
    float(bytes) / 1_048_576.0
}

fn float(bytes: u64) -> f64 {
    bytes as f64
}
