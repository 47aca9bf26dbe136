//! The one error type of the engine.
//!
//! An error is a sentence for a person (`what` failed, on which `object`, with which SQLSTATE), a
//! stable [`Code`] for a program, notes that add facts, and a hint that names the next step. The exit
//! code of the binary is part of the code, so both stay in one table.

use std::fmt;

/// The result of every fallible function of the engine.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        /// What went wrong, as a stable number. `number / 100` is the exit code of the binary.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* #[doc = $text] $name,)* }

        impl Code {
            /// Every code, in numerical order.
            pub const ALL: &[Code] = &[$(Code::$name,)*];

            /// The stable number, printed as `E0701`.
            pub fn number(self) -> u16 {
                match self { $(Code::$name => $number,)* }
            }

            /// What the code means, in a few words.
            pub fn meaning(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }
        }
    };
}

codes! {
    Differs = 101, "a comparison found differences";
    Internal = 102, "a bug in pgx";
    Usage = 201, "the request is unknown or contradicts itself";
    Conninfo = 202, "the connection string or a connection setting is malformed";
    Manifest = 203, "the manifest, filter or table list is malformed";
    NoMatch = 204, "a name or pattern matches nothing";
    MissingParent = 205, "a foreign key points outside the dump";
    Unsupported = 206, "pgx cannot reproduce an object";
    OutputExists = 207, "the output exists already";
    Skipped = 301, "finished, with skips that were allowed";
    ConnectFailed = 401, "the server cannot be reached";
    AuthFailed = 402, "the server refused the user or the password";
    NoDatabase = 403, "the database does not exist";
    Pooler = 404, "a pooler in transaction mode stands between pgx and the server";
    ServerUnsupported = 405, "the server's version or the connection's security is not supported";
    Insecure = 406, "the connection cannot be made as secure as asked";
    SourceLost = 501, "the connection to the source broke";
    SourceFailed = 502, "the source reported an error";
    Locked = 601, "a lock was not obtained";
    Conflict = 602, "the server cancelled the work: a conflict, a deadlock or a recovery";
    SourceChanged = 603, "the source changed while it was being read";
    ArchiveTruncated = 701, "the archive is incomplete";
    ArchiveDamaged = 702, "the archive is damaged";
    NotAnArchive = 703, "the input is not a pgx archive";
    ArchiveNewer = 704, "the archive was written by a newer pgx";
    InputFailed = 705, "the archive cannot be read";
    TargetFailed = 801, "the target reported an error; nothing was changed";
    ObjectExists = 802, "the target already has an object of the archive; nothing was changed";
    RoleMissing = 803, "the target lacks a role; nothing was changed";
    ExtensionMissing = 804, "the target lacks an extension; nothing was changed";
    RowRejected = 805, "the target rejected a row; nothing was changed";
    TargetLost = 806, "the connection to the target broke; nothing was changed";
    TargetUnfit = 807, "the target does not fit the archive; nothing was changed";
    TargetPartial = 901, "the target was partly changed";
    NotPublished = 902, "the database was built but could not be given its name";
    OutputFull = 1001, "the output device is full";
    OutputFailed = 1002, "the output cannot be written";
    Denied = 1101, "a privilege is missing";
    InDoubt = 1201, "the outcome is unknown: the connection broke during COMMIT";
    Interrupted = 13001, "interrupted by SIGINT";
    Terminated = 14301, "terminated by SIGTERM";
}

impl Code {
    /// The exit code of the process that ends with this error.
    pub fn exit_code(self) -> u8 {
        u8::try_from(self.number() / 100).unwrap_or(1)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "E{:04}", self.number())
    }
}

/// An error message of a PostgreSQL server, field by field.
///
/// `detail` and `context` may hold values of a row: reports show them only on request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerError {
    /// `ERROR`, `FATAL` or `PANIC`.
    pub severity: String,
    /// The five characters of the SQLSTATE.
    pub sqlstate: String,
    /// The primary message.
    pub message: String,
    /// More about the cause; may hold row values.
    pub detail: Option<String>,
    /// The server's own advice.
    pub hint: Option<String>,
    /// Where in the server's work; may hold row values.
    pub context: Option<String>,
    /// Schema of the object concerned.
    pub schema: Option<String>,
    /// Table concerned.
    pub table: Option<String>,
    /// Column concerned.
    pub column: Option<String>,
    /// Constraint concerned.
    pub constraint: Option<String>,
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.message, self.sqlstate)
    }
}

impl std::error::Error for ServerError {}

/// An error of the engine; see the module's page for its parts.
pub struct Error(Box<Inner>);

struct Inner {
    code: Code,
    what: String,
    object: Option<String>,
    notes: Vec<String>,
    hint: Option<String>,
    server: Option<ServerError>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error that says `what` failed: lower case, one line, no final stop.
    pub fn new(code: Code, what: impl Into<String>) -> Error {
        Error(Box::new(Inner {
            code,
            what: what.into(),
            object: None,
            notes: Vec::new(),
            hint: None,
            server: None,
            source: None,
        }))
    }

    /// A broken promise inside pgx itself.
    pub fn internal(what: impl Into<String>) -> Error {
        Error::new(Code::Internal, what).hint("this is a bug in pgx; please report it")
    }

    /// Names the object concerned, unless one is named already.
    #[must_use]
    pub fn object(mut self, object: impl Into<String>) -> Error {
        self.0.object.get_or_insert_with(|| object.into());
        self
    }

    /// Adds a fact, printed on a line of its own.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Error {
        self.0.notes.push(note.into());
        self
    }

    /// Says the next step, unless one is said already.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.0.hint.get_or_insert_with(|| hint.into());
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Error {
        self.0.source = Some(Box::new(source));
        self
    }

    /// Keeps the server's message.
    #[must_use]
    pub fn server(mut self, server: ServerError) -> Error {
        self.0.server = Some(server);
        self
    }

    /// The same error under another code, for a caller that knows more.
    #[must_use]
    pub fn with_code(mut self, code: Code) -> Error {
        self.0.code = code;
        self
    }

    /// The same error under another sentence, for a caller that knows more.
    #[must_use]
    pub fn with_what(mut self, what: impl Into<String>) -> Error {
        self.0.what = what.into();
        self
    }

    /// The same error with another next step, for a caller that knows more.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Error {
        self.0.hint = Some(hint.into());
        self
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What failed.
    pub fn what(&self) -> &str {
        &self.0.what
    }

    /// The object concerned.
    pub fn object_name(&self) -> Option<&str> {
        self.0.object.as_deref()
    }

    /// The facts added on the way.
    pub fn notes(&self) -> &[String] {
        &self.0.notes
    }

    /// The next step.
    pub fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The server's message, when a server reported the failure.
    pub fn server_error(&self) -> Option<&ServerError> {
        self.0.server.as_ref()
    }

    /// Whether the server lets in no more sessions (too_many_connections).
    pub fn is_no_room(&self) -> bool {
        self.sqlstate() == Some("53300")
    }

    /// The SQLSTATE, when a server reported the failure.
    pub fn sqlstate(&self) -> Option<&str> {
        self.0.server.as_ref().map(|server| server.sqlstate.as_str())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.what)?;
        if let Some(object) = &self.0.object {
            write!(f, "; {object}")?;
        }
        if let Some(server) = &self.0.server {
            write!(f, ": {server}")?;
        } else if let Some(source) = &self.0.source {
            write!(f, ": {source}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.0.code)?;
        for note in &self.0.notes {
            write!(f, "\n  note: {note}")?;
        }
        match &self.0.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| &**source as _)
    }
}

/// Adds context to a result on its way up.
pub trait ResultExt<T> {
    /// Names the object concerned, unless one is named already.
    fn object(self, object: impl FnOnce() -> String) -> Result<T>;
    /// Adds a fact.
    fn note(self, note: impl FnOnce() -> String) -> Result<T>;
}

impl<T> ResultExt<T> for Result<T> {
    fn object(self, object: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| error.object(object()))
    }

    fn note(self, note: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| error.note(note()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_number_and_a_documented_exit_code() {
        let mut numbers: Vec<u16> = Code::ALL.iter().map(|code| code.number()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(matches!(code.exit_code(), 1..=12 | 130 | 143), "{code}");
        }
    }

    #[test]
    fn an_error_reads_as_one_sentence() {
        let error = Error::new(Code::NoDatabase, "cannot connect").object("database \"x\"").server(
            ServerError { sqlstate: "3D000".into(), message: "no".into(), ..Default::default() },
        );
        assert_eq!(error.to_string(), "cannot connect; database \"x\": no [3D000]");
        assert_eq!(error.code().exit_code(), 4);
    }
}
