//! An authenticated connection that runs statements and COPY, blocking.

use std::io;
use std::sync::Arc;

use super::config::Config;
use super::copy_in::CopyIn;
use super::encoding::Encoding;
use super::interrupt::{Canceller, Registration};
use super::open;
use super::row::Row;
use super::server_error;
use super::wire::{self, Header, Wire};
use crate::error::{Code, Error, Result, ServerError};

/// Notices kept for the caller; more are dropped.
const NOTICES_MAX: usize = 100;

/// One connection. Dropping it ends it; the server rolls back what was not committed.
pub struct Session {
    pub(super) wire: Wire,
    pub(super) config: Config,
    place: String,
    process_id: i32,
    version: u32,
    encoding: Encoding,
    /// Transaction status of the last ReadyForQuery: `I`, `T` or `E`.
    status: u8,
    pub(super) broken: bool,
    notices: Vec<ServerError>,
    registration: Registration,
}

/// What a COPY gives, piece by piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copied<'p> {
    /// Some of its bytes, cut anywhere.
    Piece(&'p [u8]),
    /// It is complete: the rows that its command tag counts. What follows is of the next COPY.
    End(u64),
}

/// What a statement gave back.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) tag: String,
    /// Statements that were carried out.
    completed: usize,
    pub(super) error: Option<ServerError>,
}

/// What a query returns, as it comes.
enum Taken {
    /// The rows of the next statement begin.
    Set,
    Row(Row),
}

type Take<'t> = &'t mut dyn FnMut(Taken);

impl Session {
    /// Connects, authenticates and pins what every session of pgx needs: an empty `search_path` and
    /// the server's own encoding.
    ///
    /// # Errors
    /// Codes 4xx: nobody there, refused, no such database, a pooler in transaction mode, a version
    /// below 10.
    pub fn open(config: &Config) -> Result<Session> {
        let mut session = Session::open_raw(config)?;
        super::proxy::refuse_transaction_pooler(&mut session)?;
        open::pin(&mut session)?;
        Ok(session)
    }

    /// Connects and authenticates only.
    pub(super) fn open_raw(config: &Config) -> Result<Session> {
        open::connect(config)
    }

    /// A session over a wire on which somebody has logged in.
    pub(super) fn begin(opened: open::Opened, config: &Config) -> Session {
        Session {
            wire: opened.wire,
            config: config.clone(),
            place: opened.place,
            process_id: opened.process_id,
            version: 0,
            encoding: Encoding::new("SQL_ASCII"),
            status: b'I',
            broken: false,
            notices: Vec::new(),
            registration: opened.registration,
        }
    }

    /// The server's `server_version_num`: 100023 is 10.23, 180004 is 18.4.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The major version: 10 … 19.
    pub fn major(&self) -> u32 {
        self.version / 10_000
    }

    /// The encoding in which text goes both ways.
    pub fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    /// The settings the session was opened with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What stops this session from another thread.
    pub fn canceller(&self) -> Canceller {
        self.registration.canceller()
    }

    /// Database, host and port, for messages.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Whether a transaction is open, be it failed or not.
    pub fn in_transaction(&self) -> bool {
        self.status != b'I'
    }

    /// Whether statements can still be sent, and a transaction that is open has not failed.
    pub fn is_usable(&self) -> bool {
        !self.broken && self.status != b'E'
    }

    /// Warnings and notices since the last call.
    pub fn take_notices(&mut self) -> Vec<ServerError> {
        std::mem::take(&mut self.notices)
    }

    /// Sends and receives text in `encoding` from now on; the server converts where it must.
    ///
    /// # Errors
    /// The server cannot convert between the two encodings; no server stores text in `encoding`.
    pub fn set_encoding(&mut self, encoding: &Encoding) -> Result<()> {
        if !encoding.is_of_a_server() {
            let what = format!("no database has the encoding {:?}", encoding.name());
            return Err(Error::new(Code::ServerUnsupported, what));
        }
        self.execute(&format!("SET client_encoding = {}", super::quote::literal(encoding.name())))?;
        self.encoding = encoding.clone();
        Ok(())
    }

    /// The process id the server gave when the session began.
    pub(super) fn process_id(&self) -> i32 {
        self.process_id
    }

    pub(super) fn set_version(&mut self, version: u32) {
        self.version = version;
    }

    /// Runs statements (several are separated by `;`), and throws away the rows they return.
    ///
    /// # Errors
    /// What the server refused, or a broken connection.
    pub fn execute(&mut self, sql: &str) -> Result<()> {
        let answer = self.ask(sql, None)?;
        self.settle(answer).map(drop)
    }

    /// Runs statements in one round trip. With an error goes the number of statements that were
    /// carried out before the one that failed: none when one of them cannot be parsed.
    ///
    /// # Errors
    /// As [`Session::execute`].
    pub fn execute_batch(&mut self, sql: &str) -> Result<(), (usize, Error)> {
        let answer = self.ask(sql, None).map_err(|error| (0, error))?;
        let completed = answer.completed;
        self.settle(answer).map(drop).map_err(|error| (completed, error))
    }

    /// Runs one statement and returns the command tag's number: rows inserted, updated, deleted.
    ///
    /// # Errors
    /// As [`Session::execute`].
    pub fn execute_counted(&mut self, sql: &str) -> Result<u64> {
        let answer = self.ask(sql, None)?;
        self.settle(answer).map(|answer| tag_count(&answer.tag))
    }

    /// Runs statements and returns the rows of the last one that returns any.
    ///
    /// # Errors
    /// As [`Session::execute`]; text that is not valid in the encoding.
    pub fn query(&mut self, sql: &str) -> Result<Vec<Row>> {
        Ok(self.query_sets(sql)?.pop().unwrap_or_default())
    }

    /// Runs statements in one round trip and returns the rows of each that returns any.
    ///
    /// # Errors
    /// As [`Session::query`].
    pub fn query_sets(&mut self, sql: &str) -> Result<Vec<Vec<Row>>> {
        let mut sets: Vec<Vec<Row>> = Vec::new();
        let mut take = |taken| match (taken, sets.last_mut()) {
            (Taken::Row(row), Some(set)) => set.push(row),
            _ => sets.push(Vec::new()),
        };
        let answer = self.ask(sql, Some(&mut take))?;
        self.settle(answer).map(|_| sets)
    }

    /// Runs a query and returns what `read` makes of each row, without holding the rows.
    ///
    /// # Errors
    /// As [`Session::query`]; the first error of `read`.
    pub fn query_map<T>(
        &mut self,
        sql: &str,
        mut read: impl FnMut(&Row) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut all = Ok(Vec::new());
        let mut take = |taken| {
            if let (Taken::Row(row), Ok(list)) = (taken, &mut all) {
                match read(&row) {
                    Ok(one) => list.push(one),
                    Err(error) => all = Err(error),
                }
            }
        };
        let answer = self.ask(sql, Some(&mut take))?;
        self.settle(answer)?;
        let mut all: Vec<T> = all?;
        all.shrink_to_fit();
        Ok(all)
    }

    /// Runs a query that returns exactly one row.
    ///
    /// # Errors
    /// As [`Session::query`]; no row or several.
    pub fn query_one(&mut self, sql: &str) -> Result<Row> {
        let mut rows = self.query(sql)?;
        match (rows.pop(), rows.is_empty()) {
            (Some(row), true) => Ok(row),
            _ => Err(Error::internal(format!("not exactly one row: {sql}"))),
        }
    }

    /// Runs `COPY … TO STDOUT`, hands its bytes on in pieces (cut anywhere) and returns the row count
    /// of the server's command tag. No more than one read buffer is held.
    ///
    /// # Errors
    /// What the server refused, even after the last row; the sink's own error, after which the
    /// connection is given up.
    pub fn copy_out(
        &mut self,
        sql: &str,
        mut sink: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<u64> {
        let mut rows = 0;
        self.copies_out(sql, |copied| match copied {
            Copied::Piece(piece) => sink(piece),
            Copied::End(counted) => {
                rows = counted;
                Ok(())
            }
        })?;
        Ok(rows)
    }

    /// Runs one or several `COPY … TO STDOUT`, separated by `;`, in one round trip: the server goes on
    /// to the next while the client still reads. As many of them have an end as were carried out.
    ///
    /// # Errors
    /// As [`Session::copy_out`]; the first COPY that fails is the last.
    pub fn copies_out(
        &mut self,
        sql: &str,
        mut sink: impl FnMut(Copied<'_>) -> Result<()>,
    ) -> Result<()> {
        self.send_query(sql)?;
        let mut answer = Answer::default();
        loop {
            let header = self.header()?;
            let completed = answer.completed;
            let taken = match header.kind {
                b'H' => self.body(header).map(drop),
                b'd' => {
                    let taken = self.wire.pieces(header, |piece| sink(Copied::Piece(piece)));
                    self.io(taken)?
                }
                _ if self.control(header, &mut answer)? => break,
                _ if answer.completed > completed => sink(Copied::End(tag_count(&answer.tag))),
                _ => Ok(()),
            };
            if let Err(error) = taken {
                self.broken = true;
                return Err(self.interrupted().unwrap_or(error));
            }
        }
        self.settle(answer).map(drop)
    }

    /// Begins `COPY … FROM STDIN`; what the server thinks of it is known when rows are sent, or at the
    /// end.
    ///
    /// # Errors
    /// An interrupt; a connection that is known to be broken.
    pub fn copy_in(&mut self, sql: &str) -> Result<CopyIn<'_>> {
        let statement = self.query_message(sql)?;
        Ok(CopyIn::new(self, statement))
    }

    fn ask(&mut self, sql: &str, take: Option<Take<'_>>) -> Result<Answer> {
        self.send_query(sql)?;
        // An answer that is not read to its end would be taken for the next statement's.
        self.answer(take).inspect_err(|_| self.broken = true)
    }

    /// Reads to ReadyForQuery, handing rows to `take`; without one they are thrown away.
    fn answer(&mut self, mut take: Option<Take<'_>>) -> Result<Answer> {
        let mut answer = Answer::default();
        let mut columns: Arc<[String]> = Arc::new([]);
        loop {
            let header = self.header()?;
            match header.kind {
                b'T' => {
                    columns = self.row_description(header)?;
                    take.iter_mut().for_each(|take| take(Taken::Set));
                }
                b'D' => match &mut take {
                    Some(take) => take(Taken::Row(self.data_row(header, &columns)?)),
                    None => drop(self.body(header)?),
                },
                b'G' | b'H' => return Err(self.protocol_error("a COPY where none was asked for")),
                _ => {
                    if self.control(header, &mut answer)? {
                        return Ok(answer);
                    }
                }
            }
        }
    }

    fn send_query(&mut self, sql: &str) -> Result<()> {
        let message = self.query_message(sql)?;
        let sent = self.wire.send(&message);
        self.io(sent)
    }

    fn query_message(&mut self, sql: &str) -> Result<Vec<u8>> {
        self.config.interrupt.check()?;
        if self.broken {
            return Err(self.lost(io::ErrorKind::NotConnected.into()));
        }
        let encoded = self.encoding.encode(sql)?;
        if encoded.contains(&0) {
            return Err(Error::internal("a statement holds a zero byte"));
        }
        let mut body = encoded.into_owned();
        body.push(0);
        let message = wire::message(b'Q', &body);
        self.io(message)
    }

    /// Handles the messages that can come at any time or end a statement; true at ReadyForQuery.
    pub(super) fn control(&mut self, header: Header, answer: &mut Answer) -> Result<bool> {
        let body = self.body(header)?;
        match header.kind {
            b'E' => {
                let error = server_error::parse(&body);
                if error.severity == "FATAL" || error.severity == "PANIC" {
                    self.broken = true;
                    return Err(self.ended(error));
                }
                answer.error.get_or_insert(error);
            }
            b'C' => {
                let tag = body.strip_suffix(b"\0").unwrap_or(&body);
                answer.tag = String::from_utf8_lossy(tag).into_owned();
                answer.completed += 1;
            }
            b'N' if self.notices.len() < NOTICES_MAX => {
                self.notices.push(server_error::parse(&body));
            }
            b'Z' => {
                self.status = body.first().copied().unwrap_or(b'I');
                return Ok(true);
            }
            b'N' | b'S' | b'A' | b'I' | b'c' => {}
            _ => return Err(self.protocol_error("an unexpected message")),
        }
        Ok(false)
    }

    fn row_description(&mut self, header: Header) -> Result<Arc<[String]>> {
        let body = self.body(header)?;
        let mut rest = body.get(2..).unwrap_or_default();
        let mut names = Vec::new();
        // A field is its name, a zero byte, and 18 bytes about its type.
        while let Some(end) = rest.iter().position(|&byte| byte == 0) {
            names.push(self.encoding.decode(&rest[..end])?);
            rest = rest.get(end + 19..).unwrap_or_default();
        }
        Ok(names.into())
    }

    fn data_row(&mut self, header: Header, columns: &Arc<[String]>) -> Result<Row> {
        let body = self.body(header)?;
        let values = body.get(2..).unwrap_or_default();
        Row::read(columns, values, &self.encoding)?
            .ok_or_else(|| self.protocol_error("a row that is not as wide as its description"))
    }

    pub(super) fn header(&mut self) -> Result<Header> {
        let header = self.wire.header();
        self.io(header)
    }

    pub(super) fn body(&mut self, header: Header) -> Result<Vec<u8>> {
        let body = self.wire.body(header);
        self.io(body)
    }

    /// Turns the outcome of a statement into a result.
    pub(super) fn settle(&mut self, answer: Answer) -> Result<Answer> {
        match answer.error.clone() {
            Some(error) => Err(self.refused(error)),
            None => Ok(answer),
        }
    }

    fn refused(&self, error: ServerError) -> Error {
        self.interrupted().unwrap_or_else(|| server_error::refused(self.config.side, error))
    }

    /// The server's last word: it closes the connection.
    fn ended(&self, error: ServerError) -> Error {
        self.interrupted().unwrap_or_else(|| {
            server_error::refused(self.config.side, error)
                .with_what(format!("the {} server ended the connection", self.config.side.name()))
                .note(self.place.clone())
        })
    }

    fn interrupted(&self) -> Option<Error> {
        self.config.interrupt.error()
    }

    pub(super) fn io<T>(&mut self, result: io::Result<T>) -> Result<T> {
        result.map_err(|error| {
            self.broken = true;
            self.lost(error)
        })
    }

    pub(super) fn lost(&self, error: io::Error) -> Error {
        if let Some(interrupted) = self.interrupted() {
            return interrupted;
        }
        Error::new(
            server_error::lost_code(self.config.side),
            format!("the connection to the {} broke", self.config.side.name()),
        )
        .object(self.place.clone())
        .source(error)
        .hint("see the server's log; then run the command again")
    }

    pub(super) fn protocol_error(&mut self, what: &str) -> Error {
        self.broken = true;
        Error::new(Code::ServerUnsupported, format!("the server sent {what}"))
            .object(self.place.clone())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let (false, Ok(bytes)) = (self.broken, wire::message(b'X', b"")) {
            // The server also ends when the socket closes.
            let _ = self.wire.send(&bytes);
        }
    }
}

/// The number at the end of a command tag: `COPY 12`, `INSERT 0 3`; 0 where there is none.
pub(super) fn tag_count(tag: &str) -> u64 {
    tag.rsplit(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0)
}
