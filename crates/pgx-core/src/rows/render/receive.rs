//! Values that do not survive a server's receive function as they survive its input function.

use super::Origin;
use crate::toc::{Leaf, Shape};

/// The first version in which intervals can be infinite. Older ones receive the bytes of an infinite
/// interval as a very long one.
const INFINITE_INTERVALS_SINCE: u32 = 170_000;

impl Origin {
    /// Whether a server of `version` (its `server_version_num`) receives every value of `shape` from
    /// here as what it was.
    pub fn is_received(&self, shape: &Shape, version: u32) -> bool {
        match shape {
            Shape::Leaf(leaf) => self.is_leaf_received(*leaf, version),
            Shape::Array(of) | Shape::Range(of) | Shape::Multirange(of) => {
                self.is_received(of, version)
            }
        }
    }

    fn is_leaf_received(&self, leaf: Leaf, version: u32) -> bool {
        match leaf {
            // Servers send empty ones, and refuse them.
            Leaf::Int2Vector | Leaf::OidVector | Leaf::Tsquery => false,
            // Their own declarations are refused, or the name of the encoding becomes a part of the value.
            Leaf::Xml => false,
            Leaf::Interval => {
                (self.server_version < INFINITE_INTERVALS_SINCE)
                    == (version < INFINITE_INTERVALS_SINCE)
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_received(shape: &str, from: u32, encoding: &str, to: u32) -> bool {
        Origin::new(from, encoding).is_received(&shape.parse().unwrap(), to)
    }

    #[test]
    fn what_servers_receive_otherwise_than_they_read_it_is_known() {
        assert!(is_received("array(int4)", 100_000, "LATIN1", 180_000));
        assert!(!is_received("array(int2vector)", 180_000, "UTF8", 180_000));
        assert!(!is_received("oidvector", 180_000, "UTF8", 180_000));
        assert!(!is_received("tsquery", 180_000, "UTF8", 180_000));
        assert!(!is_received("xml", 180_000, "LATIN1", 180_000));
        assert!(is_received("range(interval)", 160_000, "UTF8", 100_000));
        assert!(is_received("range(interval)", 170_000, "UTF8", 180_000));
        assert!(!is_received("range(interval)", 170_000, "UTF8", 160_000));
        assert!(!is_received("interval", 160_000, "UTF8", 170_000));
    }
}
