//! Rows as COPY frames them.
