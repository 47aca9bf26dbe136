//! Why a payload cannot be turned back into rows.

/// A payload that is not what [`Encoder::encode`](super::Encoder::encode) makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StripeError {
    /// The payload contradicts itself or its raw length.
    #[error("the stripes are damaged: {0}")]
    Damaged(&'static str),
    /// The payload uses a number that this version gives no meaning.
    #[error("{what} {number} is not known to this pgx")]
    Unknown {
        /// What the number stands for.
        what: &'static str,
        /// The number.
        number: u64,
    },
    /// A codec could not be set up.
    #[error("the codec cannot be set up")]
    Codec,
}

pub(super) type Result<T> = std::result::Result<T, StripeError>;

pub(super) fn damaged<T>(what: &'static str) -> Result<T> {
    Err(StripeError::Damaged(what))
}
