//! What the server refused, in words that name the entry and never a row's values.

use crate::error::{Code, Error, ServerError};
use crate::toc::{Entry, Kind, Ref};

const CHECK_VIOLATION: &str = "23514";

/// The error of a statement that restores `entry`.
pub(super) fn of_statement(error: Error, entry: &Entry) -> Error {
    let table = entry.on.as_ref().unwrap_or(&entry.name).to_string();
    let error = without_secrets(more_locks(error), entry.kind);
    let of_a_check = is_data_exception(&error) && checks_rows(entry.kind);
    if error.code() == Code::RowRejected || of_a_check {
        let error = of_rows(error.with_code(Code::RowRejected), &table, 0);
        return error.note(format!("while restoring {}", entry.label()));
    }
    if computes_rows(entry.kind)
        && let Some(server) = error.server_error().cloned()
    {
        return missing(error).server(without_values(server)).object(entry.label());
    }
    // Which roles a policy or user mapping is for is known to its statement only.
    if matches!(entry.kind, Kind::Policy | Kind::UserMapping) && error.sqlstate() == Some("42704") {
        return error
            .with_code(Code::RoleMissing)
            .with_what("the target lacks a role")
            .object(entry.label())
            .hint("create the role and run the command again");
    }
    missing(error).object(entry.label())
}

/// The next step when the server does not find what a statement names. pgx itself names everything with
/// its schema; the body of a function may not.
fn missing(error: Error) -> Error {
    let Some(server) = error.server_error() else { return error };
    let names_nothing = matches!(server.sqlstate.as_str(), "42P01" | "42704" | "42883" | "3F000");
    let in_function = server.context.is_some();
    let with_schema = server.message.contains('.') || server.sqlstate == "3F000";
    match (names_nothing, in_function && !with_schema) {
        (false, _) => error,
        (true, true) => error
            .note("the restore's search_path is empty")
            .hint("give the function a SET search_path on the source, and dump again"),
        (true, false) => error.hint(
            "make it in the target first, or dump with --tables-from, which brings what tables need",
        ),
    }
}

/// What the server says of options and connection strings may quote a password. What it says of names
/// and rights does not.
fn without_secrets(error: Error, kind: Kind) -> Error {
    let holds_secrets = matches!(kind, Kind::UserMapping | Kind::Subscription);
    match error.server_error() {
        Some(server) if holds_secrets => {
            let of_names = ["42501", "42704", "42710"].contains(&server.sqlstate.as_str());
            let message = if of_names { &server.message } else { "it may quote a password" };
            let server = ServerError {
                severity: server.severity.clone(),
                sqlstate: server.sqlstate.clone(),
                message: message.to_owned(),
                ..ServerError::default()
            };
            error.server(server)
        }
        _ => error,
    }
}

/// Whether the server could not make sense of a value: a row's, or one in a statement.
fn is_data_exception(error: &Error) -> bool {
    error.sqlstate().is_some_and(|sqlstate| sqlstate.starts_with("22"))
}

/// Kinds whose statement holds rows that are there already against a condition.
fn checks_rows(kind: Kind) -> bool {
    matches!(kind, Kind::Constraint | Kind::CheckConstraint | Kind::ForeignKey)
}

/// Kinds whose statement computes with rows, so that its error may quote their values.
fn computes_rows(kind: Kind) -> bool {
    matches!(kind, Kind::Index | Kind::MaterializedView | Kind::MaterializedViewData)
}

/// Why a foreign key into a table that the archive does not bring cannot be added; none when the error is
/// no word about rows or that table.
pub(super) fn of_key(error: &Error, table: &Ref) -> Option<String> {
    let server = error.server_error()?;
    match server.sqlstate.get(..2) {
        Some("23") => Some(format!("some rows have no parent in {table}")),
        // No such column, no unique key over it, another type, not a table, no right to refer to it.
        Some("0A" | "22" | "42") => {
            Some(format!("{table} of the target does not fit it: {}", server.message))
        }
        _ => None,
    }
}

/// Somebody else's GRANT and REVOKE would do nothing, with a warning.
pub(super) const SYSTEM_IS_SUPERUSERS: &str =
    "only a superuser can change privileges on the system's objects";

/// Why privileges on an object of the system cannot be changed: another version may lack it, and only a
/// superuser may touch it.
pub(super) fn of_system_privileges(error: &Error) -> Option<String> {
    match error.sqlstate()? {
        "42501" => Some(SYSTEM_IS_SUPERUSERS.to_owned()),
        "42P01" | "42703" | "42704" | "42883" | "3F000" => {
            Some("the target's version has no such object".to_owned())
        }
        _ => None,
    }
}

/// Why a materialized view stays empty that reads one emptied since: whoever emptied that may have had a
/// reason.
pub(super) fn of_emptied(error: &Error) -> Option<String> {
    let of_the_query = !is_of_the_server(error.sqlstate()?);
    of_the_query
        .then(|| "it reads one that was empty on the source and cannot be filled".to_owned())
}

/// Why the state of a trigger cannot be set: those behind keys are the system's.
pub(super) fn of_trigger_state(error: &Error) -> Option<String> {
    let denied = error.sqlstate()? == "42501";
    denied.then(|| "only a superuser can disable the triggers behind a key".to_owned())
}

/// The error of a COPY into `table`, `before` rows of which were loaded by earlier COPYs.
pub(super) fn of_copy(error: Error, table: &str, before: u64) -> Error {
    let Some(server) = error.server_error() else { return error.object(format!("table {table}")) };
    let is_of_a_row = match error.code() {
        Code::RowRejected => true,
        _ if is_data_exception(&error) => true,
        // The server names the row it was at in every error.
        Code::TargetFailed => row_of(server).is_some() && !is_of_the_server(&server.sqlstate),
        _ => false,
    };
    if is_of_a_row {
        return of_rows(error.with_code(Code::RowRejected), table, before);
    }
    more_locks(error).object(format!("table {table}"))
}

/// No fault of the row: resources, limits, an operator's intervention, the system.
fn is_of_the_server(sqlstate: &str) -> bool {
    ["53", "57", "58"].iter().any(|class| sqlstate.starts_with(class))
}

/// The error of COMMIT or SET CONSTRAINTS: of constraints that are checked late.
pub(super) fn of_commit(error: Error) -> Error {
    let table = error.server_error().and_then(|server| {
        Some(format!("{}.{}", server.schema.as_deref()?, server.table.as_deref()?))
    });
    match (error.code(), table) {
        (Code::RowRejected, Some(table)) => of_rows(error, &table, 0),
        _ if is_data_exception(&error) => match error.server_error().cloned() {
            Some(server) => error.with_code(Code::RowRejected).server(without_values(server)),
            None => error,
        },
        _ => error,
    }
}

/// A row was rejected: table, constraint, row number. The server's message is stripped of values.
fn of_rows(error: Error, table: &str, before: u64) -> Error {
    let Some(server) = error.server_error().cloned() else { return error };
    let mut object = format!("table {table}");
    if let Some(constraint) = &server.constraint {
        object.push_str(&format!(", constraint {constraint}"));
    } else if let Some(column) = server.column.clone().or_else(|| column_of(&server)) {
        object.push_str(&format!(", column {column}"));
    }
    if let Some(row) = row_of(&server) {
        object.push_str(&format!(", row {}", before + row));
    }
    let what = match server.constraint {
        Some(_) => "the target rejected a row that violates a constraint",
        None => "the target rejected a row",
    };
    let error = error.with_what(what).object(object).server(without_values(server));
    match error.sqlstate() {
        Some(CHECK_VIOLATION) => {
            error.note("a check whose function reads other tables finds only what is loaded so far")
        }
        _ => error,
    }
}

/// SQLSTATE 53200 in a restore means nearly always that the lock table is full.
fn more_locks(error: Error) -> Error {
    match error.sqlstate() {
        Some("53200") => error.note(
            "one transaction holds a lock on everything it makes; max_locks_per_transaction times \
             max_connections is the room there is",
        ),
        _ => error,
    }
}

/// The row number in the server's context: `COPY t, line 3, column c: …`. The word for line depends
/// on the server's language.
fn row_of(server: &ServerError) -> Option<u64> {
    let rest = copy_context(server)?;
    let digits = rest.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let between = &rest[..rest.len() - digits.len()];
    // Behind a colon come values.
    if between.contains([':', ',']) { None } else { digits[..end].parse().ok() }
}

/// The column in the server's context, if it names one.
fn column_of(server: &ServerError) -> Option<String> {
    let rest = copy_context(server)?;
    let rest = rest.split_once(", column ")?.1;
    Some(rest.split_once(':').map_or(rest, |(column, _)| column).to_owned())
}

/// What follows `COPY table, ` in the context's line about the COPY.
fn copy_context(server: &ServerError) -> Option<&str> {
    let context = server.context.as_deref()?;
    let line = context.lines().find(|line| line.starts_with("COPY "))?;
    let rest = line.strip_prefix("COPY ")?;
    // The table's name may hold a comma itself; the server says the name in a field of its own for
    // some errors only.
    let named = server.table.as_deref().and_then(|table| rest.strip_prefix(table));
    match named {
        Some(rest) => rest.strip_prefix(", "),
        None => rest.split_once(", ").map(|(_, rest)| rest),
    }
}

/// The error with values moved out of the message, into the detail, which is shown on request only.
fn without_values(mut server: ServerError) -> ServerError {
    // Data exceptions quote the value, except those about the row's form and its encoding.
    let quotes_values = server.sqlstate.starts_with("22")
        && !matches!(server.sqlstate.as_str(), "22P04" | "22021" | "22P05");
    let quotes_values = quotes_values || server.sqlstate == "XX000";
    let mut hidden: Vec<String> = Vec::new();
    if quotes_values && server.message.contains('"') {
        hidden.push(server.message.clone());
        server.message = blank_quoted(&server.message);
    }
    if quotes_values {
        hidden.extend(server.hint.take());
    }
    if !hidden.is_empty() {
        hidden.extend(server.detail.take());
        server.detail = Some(hidden.join("\n"));
    }
    server
}

/// `value "x" is bad` → `value "…" is bad`. A value may hold quotes: all from the first to the last
/// is taken out.
fn blank_quoted(message: &str) -> String {
    match (message.find('"'), message.rfind('"')) {
        (Some(first), Some(last)) if first < last => {
            format!("{}\"…\"{}", &message[..first], &message[last + 1..])
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toc::CatalogId;

    fn server(sqlstate: &str, message: &str, context: &str) -> ServerError {
        ServerError {
            sqlstate: sqlstate.into(),
            message: message.into(),
            context: Some(context.into()),
            ..ServerError::default()
        }
    }

    #[test]
    fn the_row_number_is_read_from_the_context() {
        let row = |context: &str| row_of(&server("23505", "", context));
        assert_eq!(row("COPY t, line 3"), Some(3));
        assert_eq!(row("COPY t, line 12, column c: \"9\""), Some(12));
        assert_eq!(row("COPY t, Zeile 7: »1\t2«"), Some(7));
        assert_eq!(row("COPY t2, line 5: \"1\""), Some(5));
        assert_eq!(row("PL/pgSQL function f() line 3 at RAISE\nCOPY t, line 9: \"a\""), Some(9));
        assert_eq!(row("SQL statement \"SELECT 1\""), None);
        assert_eq!(row("COPY t, column c: \"3\""), None);
        let mut comma = server("23505", "", "COPY a, line 1, b, line 4");
        comma.table = Some("a, line 1, b".into());
        assert_eq!(row_of(&comma), Some(4));
    }

    #[test]
    fn a_server_that_fails_at_a_row_does_not_reject_it() {
        for (code, sqlstate) in [
            (Code::TargetLost, "57P01"),
            (Code::TargetFailed, "53100"),
            (Code::TargetFailed, "57014"),
        ] {
            let error = Error::new(code, "").server(server(sqlstate, "no", "COPY t, line 3"));
            assert_eq!(of_copy(error, "s.t", 0).code(), code, "{sqlstate}");
        }
        let error =
            Error::new(Code::TargetFailed, "").server(server("P0001", "", "COPY t, line 3"));
        assert_eq!(of_copy(error, "s.t", 0).code(), Code::RowRejected);
    }

    #[test]
    fn no_value_stays_in_what_is_shown() {
        let context = "COPY t, line 2, column n: \"se\"cret\"";
        let server =
            server("22P02", "invalid input syntax for type integer: \"se\"cret\"", context);
        let error = Error::new(Code::RowRejected, "").server(server);
        let error = of_copy(error, "s.t", 10);
        let shown = format!("{error:?}");
        assert!(!shown.contains("cret"), "{shown}");
        assert!(shown.contains("table s.t, column n, row 12"), "{shown}");
        let kept = error.server_error().and_then(|server| server.detail.clone()).unwrap();
        assert!(kept.contains("se\"cret"));
    }

    #[test]
    fn a_value_of_a_statement_is_no_row() {
        let refused = |kind| {
            let server = server("22P02", "invalid input syntax for type date: \"soon\"", "");
            let error = Error::new(Code::TargetFailed, "refused").server(server);
            of_statement(error, &Entry::new(kind, CatalogId::default(), Ref::new("s", "t")))
        };
        let table = refused(Kind::Table);
        assert_eq!(table.code(), Code::TargetFailed);
        assert!(table.to_string().contains("soon"), "{table}");
        // An expression of an index is computed over rows.
        let index = refused(Kind::Index);
        assert_eq!(index.code(), Code::TargetFailed);
        assert!(!index.to_string().contains("soon"), "{index}");
        let check = refused(Kind::Constraint);
        assert_eq!(check.code(), Code::RowRejected);
        assert!(!check.to_string().contains("soon"), "{check}");
    }

    #[test]
    fn no_password_stays_in_what_is_shown() {
        let refused = |sqlstate| {
            let mut server = server(sqlstate, "missing \"=\" after \"hunter2\"", "hunter2");
            server.detail = Some("hunter2".into());
            let error = Error::new(Code::TargetFailed, "refused").server(server);
            let entry = Entry::new(Kind::Subscription, CatalogId::default(), Ref::default());
            format!("{:?}", of_statement(error, &entry))
        };
        assert!(!refused("42601").contains("hunter2"), "{}", refused("42601"));
        assert!(refused("42601").contains("it may quote a password"));
        assert!(refused("42501").contains("missing"), "names and rights are told");
    }

    #[test]
    fn a_violated_constraint_is_named() {
        let mut server =
            server("23505", "duplicate key value violates unique constraint \"k\"", "");
        server.constraint = Some("k".into());
        server.context = Some("COPY t, line 2".into());
        let error = of_copy(Error::new(Code::RowRejected, "").server(server), "s.t", 0);
        assert_eq!(
            error.to_string(),
            "the target rejected a row that violates a constraint; table s.t, constraint k, row 2: \
             duplicate key value violates unique constraint \"k\" []"
                .replace("[]", "[23505]")
        );
    }
}
