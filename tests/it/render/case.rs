//! One type of column, and where its values come from.

use pgx_core::toc::Shape;

/// A column whose values are compared.
pub(super) struct Case {
    shape: &'static str,
    pub(super) column: &'static str,
    pub(super) random: Option<&'static str>,
    pub(super) specials: &'static [&'static str],
    /// Special values that versions from the given one on take.
    pub(super) newer: &'static [(u32, &'static [&'static str])],
    pub(super) since: u32,
    pub(super) extension: Option<&'static str>,
    pub(super) prepare: &'static str,
    pub(super) bits: Option<usize>,
    pub(super) floats: bool,
}

impl Case {
    /// Values of a shape (`int4`, `array(int4)`), in a column of the type of the same name.
    pub(super) const fn new(shape: &'static str) -> Case {
        Case {
            shape,
            column: shape,
            random: None,
            specials: &[],
            newer: &[],
            since: 10,
            extension: None,
            prepare: "",
            bits: None,
            floats: false,
        }
    }

    /// The column's type, where it is not called as the shape is: `numeric(12,4)`, `int4[]`.
    pub(super) const fn column(mut self, column: &'static str) -> Case {
        self.column = column;
        self
    }

    /// An expression for a random value, evaluated for each row, whose number is `i` (from 1), and
    /// cast to the column's type by assignment. `oracle::FUNCTIONS` may be used.
    pub(super) const fn random(mut self, expression: &'static str) -> Case {
        self.random = Some(expression);
        self
    }

    /// Texts that the type's input function takes.
    pub(super) const fn specials(mut self, values: &'static [&'static str]) -> Case {
        self.specials = values;
        self
    }

    /// Such texts by the version that first takes them.
    pub(super) const fn newer(mut self, values: &'static [(u32, &'static [&'static str])]) -> Case {
        self.newer = values;
        self
    }

    /// The first version that has the type.
    pub(super) const fn since(mut self, major: u32) -> Case {
        self.since = major;
        self
    }

    /// The extension that brings the type; servers without it are passed over.
    pub(super) const fn extension(mut self, name: &'static str) -> Case {
        self.extension = Some(name);
        self
    }

    /// Statements that make the column's type.
    pub(super) const fn prepare(mut self, sql: &'static str) -> Case {
        self.prepare = sql;
        self
    }

    /// Random values are that many random bytes, for types that take any.
    pub(super) const fn bits(mut self, bytes: usize) -> Case {
        self.bits = Some(bytes);
        self
    }

    /// There are floats inside, which servers before 12 print with other digits: there pgx's text
    /// must read back as theirs does.
    pub(super) const fn floats(mut self) -> Case {
        self.floats = true;
        self
    }

    /// The shape of the column.
    pub(super) fn shape(&self) -> Shape {
        self.shape.parse().unwrap_or_else(|_| panic!("{} is no shape", self.shape))
    }

    /// Which case it is, for messages.
    pub(super) fn label(&self) -> String {
        match self.shape == self.column {
            true => self.shape.to_owned(),
            false => format!("{} in a column {}", self.shape, self.column),
        }
    }
}
