//! What is said on stderr while work goes on.

use std::io::Write;

use pgx_core::event::{Event, Observer};

use crate::args::Talk;
use crate::report;

/// Prints warnings always, stages and details with `--verbose`, and a closing line without `--quiet`.
pub(crate) struct Console {
    talk: Talk,
}

impl Console {
    pub(crate) fn new(talk: Talk) -> Console {
        Console { talk }
    }

    /// A closing line.
    pub(crate) fn summary(&self, line: &str) {
        if !self.talk.quiet {
            say(line);
        }
    }

    /// A line with `--verbose`.
    pub(crate) fn detail(&self, line: &str) {
        if self.talk.verbose {
            say(line);
        }
    }

    /// Something the user should know.
    pub(crate) fn warning(&self, line: &str) {
        say(&format!("warning: {line}"));
    }
}

impl Observer for Console {
    fn event(&self, event: &Event) {
        match event {
            Event::Warning(text) => self.warning(text),
            Event::Stage(text) | Event::Detail(text) if self.talk.verbose => say(text),
            Event::Rows { table, rows, bytes, done: true } if self.talk.verbose => {
                say(&format!("{table}: {} in {}", counted(*rows, "row"), size(*bytes)));
            }
            _ => {}
        }
    }
}

fn say(line: &str) {
    // Nobody may be reading; that is no reason to stop.
    let _ = writeln!(std::io::stderr().lock(), "pgx: {}", report::one_line(line));
}

/// `1 row`, `2 rows`.
pub(crate) fn counted(n: u64, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// `, 3 large objects`; nothing when there are none.
pub(crate) fn and_large_objects(n: u64) -> String {
    if n == 0 { String::new() } else { format!(", {}", counted(n, "large object")) }
}

/// Bytes with a binary unit: `512 B`, `4.2 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut tenths = u128::from(bytes) * 10 / 1024;
    let mut unit = 0;
    while tenths >= 10 * 1024 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_one_decimal() {
        assert_eq!(size(1023), "1023 B");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(size(4 << 20), "4.0 MiB");
        assert_eq!(size(u64::MAX), "16383.9 PiB");
        assert_eq!(counted(1, "row"), "1 row");
        assert_eq!(counted(0, "table"), "0 tables");
        assert_eq!(and_large_objects(1), ", 1 large object");
        assert_eq!(and_large_objects(0), "");
    }
}
