//! Errors as text on stderr.
//!
//! ```text
//! pgx: error[E0805]: a row was refused; table public.orders: duplicate key value … [23505]
//!   = COPY orders, line 3
//!   = hint: …
//! ```

use std::error::Error as _;
use std::fmt::Write;
use std::io;

use pgx_core::error::ServerError;
use pgx_core::{Code, Error};

/// Whether values of rows may be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Values {
    /// The user asked for them.
    Shown,
    /// The user may ask for them.
    HiddenByDefault,
    /// The command has no option for them.
    Hidden,
}

/// Whether the reader of our output went away: no reason to say anything.
pub(crate) fn is_broken_pipe(error: &Error) -> bool {
    let mut cause = error.source();
    while let Some(one) = cause {
        let broken = one
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        if broken {
            return error.code() == Code::OutputFailed;
        }
        cause = one.source();
    }
    false
}

/// The whole report, without a line end.
pub(crate) fn text(error: &Error, values: Values) -> String {
    let mut text = format!("pgx: error[{}]: {}", error.code(), error.what());
    if let Some(object) = error.object_name() {
        let _ = write!(text, "; {object}");
    }
    if let Some(server) = error.server_error() {
        let message = Masked { server, values };
        let _ = write!(text, ": {} [{}]", message.message(), server.sqlstate);
    } else if let Some(source) = error.source() {
        let _ = write!(text, ": {source}");
    }
    let mut text = one_line(&text);
    let mut add = |line: &str| {
        let _ = write!(text, "\n  = {}", one_line(line));
    };
    if let Some(server) = error.server_error() {
        Masked { server, values }.lines().iter().for_each(|line| add(line));
    }
    error.notes().iter().for_each(|note| add(note));
    if let Some(hint) = error.hint_text() {
        add(&format!("hint: {hint}"));
    }
    text
}

/// Control characters (a name may hold any) shown as escapes, so that a line stays one line.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line
}

/// A server's message, with the values of rows shown or not.
struct Masked<'e> {
    server: &'e ServerError,
    values: Values,
}

impl Masked<'_> {
    /// The primary message. Those of class 22 (data exceptions) quote the value itself, except those
    /// on the form of COPY data (22P04), which quote column names.
    fn message(&self) -> String {
        let sqlstate = &self.server.sqlstate;
        let quotes_value = sqlstate.starts_with("22") && sqlstate != "22P04";
        if quotes_value && self.values != Values::Shown {
            return without_quoted(&self.server.message);
        }
        self.server.message.clone()
    }

    fn lines(&self) -> Vec<String> {
        let server = self.server;
        let mut lines = Vec::new();
        let mut hidden = server.message != self.message();
        match &server.detail {
            Some(detail) if self.values == Values::Shown => lines.push(format!("detail: {detail}")),
            detail => hidden |= detail.is_some(),
        }
        for line in server.context.iter().flat_map(|context| context.lines()) {
            if self.values == Values::Shown {
                lines.push(line.to_owned());
                continue;
            }
            let shown = place_only(line);
            hidden |= shown != Some(line);
            lines.extend(shown.map(str::to_owned));
        }
        if let Some(hint) = &server.hint {
            lines.push(format!("the server's hint: {hint}"));
        }
        if hidden && self.values == Values::HiddenByDefault {
            lines.push("values of rows are hidden; --show-row-values shows them".to_owned());
        }
        lines
    }
}

/// A line of CONTEXT without values: `COPY t, line 3, column c: "value"` loses what follows the
/// colon, a function's name and line stay, and other lines (statements) go.
fn place_only(line: &str) -> Option<&str> {
    if line.starts_with("COPY ") {
        return Some(line.split_once(": ").map_or(line, |(place, _)| place));
    }
    line.starts_with("PL/pgSQL function ").then_some(line)
}

/// `text` with what stands between double quotes left out.
fn without_quoted(text: &str) -> String {
    let Some((before, rest)) = text.split_once('"') else { return text.to_owned() };
    // A value may hold quotes itself: all up to the last one goes.
    let after = rest.rsplit_once('"').map_or("", |(_, after)| after);
    format!("{before}\"…\"{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejected() -> Error {
        Error::new(Code::RowRejected, "a row was refused").object("table public.t").server(
            ServerError {
                sqlstate: "22P02".into(),
                message: "invalid input syntax for type integer: \"sec\"ret\"".into(),
                detail: Some("Failing row contains (secret).".into()),
                context: Some(
                    "COPY t, line 3, column a: \"secret\"\nSQL statement \"secret\"".into(),
                ),
                ..ServerError::default()
            },
        )
    }

    #[test]
    fn values_of_rows_are_shown_only_on_request() {
        let text_hidden = text(&rejected(), Values::HiddenByDefault);
        assert_eq!(
            text_hidden,
            "pgx: error[E0805]: a row was refused; table public.t: \
             invalid input syntax for type integer: \"…\" [22P02]\n  = COPY t, line 3, column a\n  \
             = values of rows are hidden; --show-row-values shows them"
        );
        let shown = text(&rejected(), Values::Shown);
        assert!(shown.contains("  = detail: Failing row contains (secret)."), "{shown}");
        assert!(shown.contains("column a: \"secret\""), "{shown}");
        assert!(!text(&rejected(), Values::Hidden).contains("show-row-values"));
    }

    #[test]
    fn a_report_is_a_line_with_notes_and_a_hint() {
        let error = Error::new(Code::NoMatch, "no table matches")
            .object("pattern \"a\nb\"")
            .note("near: ab")
            .hint("check the name");
        assert_eq!(
            text(&error, Values::Hidden),
            "pgx: error[E0204]: no table matches; pattern \"a\\nb\"\n  = near: ab\n  \
             = hint: check the name"
        );
    }

    #[test]
    fn only_a_reader_that_went_away_is_a_broken_pipe() {
        let broken = || io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(is_broken_pipe(&Error::new(Code::OutputFailed, "x").source(broken())));
        assert!(!is_broken_pipe(&Error::new(Code::SourceLost, "x").source(broken())));
        assert!(!is_broken_pipe(&Error::new(Code::OutputFailed, "x")));
    }
}
