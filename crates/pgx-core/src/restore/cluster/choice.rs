//! Which members are restored, one after the other.

use super::ClusterRequest;
use crate::archive::{Cluster, ClusterFile, ClusterPipe, Input, Part};
use crate::error::{Code, Error, Result};
use crate::select::Pattern;
use crate::toc::Content;

/// Which databases are wanted.
pub(super) struct Choice {
    exclude: Vec<Pattern>,
    only: Vec<String>,
}

/// The members that are wanted.
pub(super) struct Members {
    choice: Choice,
    source: Source,
    /// The databases met so far.
    met: Vec<String>,
}

enum Source {
    /// The file, and the number of the next member.
    File(ClusterFile, usize),
    Pipe(ClusterPipe),
}

/// A member that is wanted.
pub(super) enum Next {
    Globals(Input),
    /// With the database's name.
    Database(String, Input),
}

impl Choice {
    /// # Errors
    /// [`Code::Usage`]: a pattern only a server can match.
    pub(super) fn new(request: &ClusterRequest) -> Result<Choice> {
        if let Some(pattern) = request.exclude.iter().find(|pattern| pattern.needs_server()) {
            return Err(Error::new(Code::Usage, "a restore matches names by * and ? only")
                .object(format!("pattern {pattern}"))
                .hint("write the name between double quotes, or use * and ?"));
        }
        Ok(Choice { exclude: request.exclude.clone(), only: request.only.clone() })
    }

    fn wants(&self, name: &str) -> bool {
        let excluded = self.exclude.iter().any(|pattern| pattern.matches_name(name));
        !excluded && (self.only.is_empty() || self.only.iter().any(|only| only == name))
    }
}

impl Members {
    /// # Errors
    /// [`Code::NoMatch`]: a database that is named is not there; of a pipe it shows at the end.
    pub(super) fn new(cluster: Cluster, choice: Choice) -> Result<Members> {
        let mut members = Members {
            choice,
            source: match cluster {
                Cluster::File(file) => Source::File(file, 0),
                Cluster::Pipe(pipe) => Source::Pipe(pipe),
            },
            met: Vec::new(),
        };
        if let Source::File(file, _) = &members.source {
            members.met = file
                .members()
                .iter()
                .filter(|member| !member.is_globals())
                .map(|member| member.database.clone())
                .collect();
            members.refuse_missing()?;
        }
        Ok(members)
    }

    /// The databases that are wanted, as far as they are known.
    pub(super) fn databases(&self) -> Vec<String> {
        self.met.iter().filter(|name| self.choice.wants(name)).cloned().collect()
    }

    /// The databases that are not.
    pub(super) fn left_out(&self) -> Vec<String> {
        self.met.iter().filter(|name| !self.choice.wants(name)).cloned().collect()
    }

    /// Of a file: every database that is wanted.
    pub(super) fn parts(&self) -> Vec<Part> {
        let Source::File(file, _) = &self.source else { return Vec::new() };
        let wanted =
            |part: &Part| !part.member().is_globals() && self.choice.wants(&part.member().database);
        file.members().iter().map(|member| file.part(member)).filter(wanted).collect()
    }

    /// The next member that is wanted; none when the whole cluster archive was found right.
    ///
    /// # Errors
    /// Codes 7xx; [`Code::NoMatch`].
    pub(super) fn next(&mut self) -> Result<Option<Next>> {
        loop {
            let (content, name, input) = match &mut self.source {
                Source::File(file, at) => {
                    let Some(member) = file.members().get(*at) else { return Ok(None) };
                    *at += 1;
                    (member.content, member.database.clone(), Input::Part(file.part(member)))
                }
                Source::Pipe(pipe) => {
                    let Some((meta, member)) = pipe.next()? else {
                        self.refuse_missing()?;
                        return Ok(None);
                    };
                    let name = meta.database_name();
                    if meta.content == Content::Database {
                        self.met.push(name.clone());
                    }
                    (meta.content, name, Input::Pipe(Box::new(member)))
                }
            };
            match content {
                Content::Globals => return Ok(Some(Next::Globals(input))),
                Content::Database if self.choice.wants(&name) => {
                    return Ok(Some(Next::Database(name, input)));
                }
                Content::Database => {}
            }
        }
    }

    fn refuse_missing(&self) -> Result<()> {
        let is_missing = |name: &&String| !self.met.contains(name);
        let missing: Vec<&String> = self.choice.only.iter().filter(is_missing).collect();
        let Some(first) = missing.first() else { return Ok(()) };
        let what = format!("the cluster archive has no database {first}");
        let error = Error::new(Code::NoMatch, what).hint("pgx inspect lists its members");
        Err(missing.iter().skip(1).fold(error, |error, name| error.note(format!("nor {name}"))))
    }
}
