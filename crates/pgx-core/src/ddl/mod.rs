//! From the model to SQL statements: one file per object kind.
