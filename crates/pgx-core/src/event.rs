//! What the engine says while it works. The core never prints: it tells an [`Observer`].

/// Something worth telling.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A stage begins: `connecting`, `reading the catalog`, …
    Stage(String),
    /// A detail, shown with `--verbose`.
    Detail(String),
    /// Something the user should know although the work goes on.
    Warning(String),
    /// Rows of a table went through: `bytes` raw bytes and `rows` rows so far.
    Rows {
        /// Qualified name of the table.
        table: String,
        /// Rows so far; 0 while unknown.
        rows: u64,
        /// Raw COPY bytes so far.
        bytes: u64,
        /// The table is complete.
        done: bool,
    },
}

/// Receives events, from any thread.
pub trait Observer: Send + Sync {
    /// Takes one event; must not block for long.
    fn event(&self, event: &Event);
}

/// Ignores every event.
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _event: &Event) {}
}

/// Shorthands over [`Observer::event`].
impl dyn Observer + '_ {
    /// A stage begins.
    pub fn stage(&self, what: impl Into<String>) {
        self.event(&Event::Stage(what.into()));
    }

    /// A detail for `--verbose`.
    pub fn detail(&self, what: impl Into<String>) {
        self.event(&Event::Detail(what.into()));
    }

    /// A warning.
    pub fn warning(&self, what: impl Into<String>) {
        self.event(&Event::Warning(what.into()));
    }
}

/// Tells another observer what a part of the work says, with the part's name before it.
pub struct Within<'o> {
    part: String,
    observer: &'o dyn Observer,
}

impl<'o> Within<'o> {
    /// The observer of one part.
    pub fn new(part: &str, observer: &'o dyn Observer) -> Within<'o> {
        Within { part: part.to_owned(), observer }
    }
}

impl Observer for Within<'_> {
    fn event(&self, event: &Event) {
        let of = |what: &str| format!("{}: {what}", self.part);
        self.observer.event(&match event {
            Event::Stage(what) => Event::Stage(of(what)),
            Event::Detail(what) => Event::Detail(of(what)),
            Event::Warning(what) => Event::Warning(of(what)),
            rows @ Event::Rows { .. } => rows.clone(),
        });
    }
}
