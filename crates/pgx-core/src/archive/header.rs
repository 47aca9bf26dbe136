//! The first 64 bytes.

use super::defect::{Defect, Place};
use super::fields::Fields;
use crate::error::{Code, Error, Result};

pub(super) const LEN: usize = 64;
/// Bytes over 127, CR LF, an end-of-file mark: what careless transfers change is seen at once.
pub(super) const MAGIC: [u8; 8] = *b"\x89PGX\r\n\x1a\n";
pub(super) const MAJOR: u16 = 1;
pub(super) const MINOR: u16 = 0;
/// Feature bits that this version reads although a reader must know them: none yet.
const KNOWN_INCOMPATIBLE: u64 = 0;

/// The first 64 bytes of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) major: u16,
    pub(super) minor: u16,
    pub(super) uuid: [u8; 16],
    /// Features a reader must know; unknown ones are refused.
    pub(super) incompatible: u64,
    /// Features a reader may ignore.
    pub(super) compatible: u64,
    pub(super) chunk_bytes: u32,
}

impl Header {
    pub(super) fn new(uuid: [u8; 16], chunk_bytes: u32) -> Header {
        Header { major: MAJOR, minor: MINOR, uuid, incompatible: 0, compatible: 0, chunk_bytes }
    }

    pub(super) fn encode(&self) -> [u8; LEN] {
        self.encode_as(MAGIC)
    }

    /// The header of a file that begins with `magic`.
    pub(super) fn encode_as(&self, magic: [u8; 8]) -> [u8; LEN] {
        let mut bytes = Vec::with_capacity(LEN);
        bytes.extend(magic);
        bytes.extend(self.major.to_le_bytes());
        bytes.extend(self.minor.to_le_bytes());
        bytes.extend((LEN as u32).to_le_bytes());
        bytes.extend(self.uuid);
        bytes.extend(self.incompatible.to_le_bytes());
        bytes.extend(self.compatible.to_le_bytes());
        bytes.extend(self.chunk_bytes.to_le_bytes());
        bytes.extend([0; 8]);
        bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
        bytes.try_into().expect("the fields fill the header")
    }

    /// Reads a header that begins with [`MAGIC`].
    ///
    /// The checksum comes first: its place is the same in every version, so that damage is never
    /// taken for a newer version.
    pub(super) fn decode(bytes: &[u8; LEN]) -> Result<Header> {
        Header::decode_as(bytes, MAGIC)
    }

    /// [`Header::decode`] of a file that begins with `expected`.
    pub(super) fn decode_as(bytes: &[u8; LEN], expected: [u8; 8]) -> Result<Header> {
        let mut fields = Fields::new(bytes);
        let magic: [u8; 8] = fields.bytes();
        let (major, minor, length) = (fields.u16(), fields.u16(), fields.u32());
        let uuid = fields.bytes();
        let (incompatible, compatible) = (fields.u64(), fields.u64());
        let chunk_bytes = fields.u32();
        let reserved: [u8; 8] = fields.bytes();
        if fields.u32() != crc32c::crc32c(&bytes[..LEN - 4]) || magic != expected {
            return Err(damaged("the header does not match its checksum"));
        }
        let header = Header { major, minor, uuid, incompatible, compatible, chunk_bytes };
        header.refuse_newer()?;
        if length != LEN as u32 || reserved != [0; 8] || major != MAJOR {
            return Err(damaged("the header has impossible values"));
        }
        Ok(header)
    }

    fn refuse_newer(&self) -> Result<()> {
        if self.major > MAJOR {
            return Err(newer(format!(
                "the archive has format version {}, this pgx reads up to version {MAJOR}",
                self.major
            )));
        }
        let unknown = self.incompatible & !KNOWN_INCOMPATIBLE;
        if unknown != 0 {
            return Err(newer(format!(
                "the archive has format version {}.{} with features {unknown:#x}, \
                 this pgx reads version {MAJOR}.{MINOR} without them",
                self.major, self.minor
            )));
        }
        Ok(())
    }
}

fn damaged(what: &str) -> Error {
    Defect::damaged(what).at(Place::byte(0))
}

fn newer(what: String) -> Error {
    Error::new(Code::ArchiveNewer, what).hint("use a newer pgx to read this archive")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resealed(mut bytes: [u8; LEN]) -> [u8; LEN] {
        let crc = crc32c::crc32c(&bytes[..LEN - 4]);
        bytes[LEN - 4..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    #[test]
    fn a_header_reads_back() {
        let header = Header::new([7; 16], 4 << 20);
        assert_eq!(Header::decode(&header.encode()).unwrap(), header);
    }

    #[test]
    fn newer_versions_and_unknown_features_are_refused_with_both_numbers() {
        let mut newer = Header::new([7; 16], 1);
        newer.major = 9;
        let error = Header::decode(&newer.encode()).unwrap_err();
        assert_eq!(error.code(), Code::ArchiveNewer);
        assert!(error.what().contains("version 9") && error.what().contains("version 1"));
        let mut featured = Header::new([7; 16], 1);
        featured.incompatible = 4;
        assert_eq!(Header::decode(&featured.encode()).unwrap_err().code(), Code::ArchiveNewer);
        let mut tolerated = Header::new([7; 16], 1);
        tolerated.compatible = u64::MAX;
        tolerated.minor = 3;
        assert!(Header::decode(&tolerated.encode()).is_ok());
    }

    #[test]
    fn impossible_values_are_damage_even_under_a_right_checksum() {
        for at in [12, 52, 59] {
            let mut bytes = Header::new([7; 16], 1).encode();
            bytes[at] ^= 0x40;
            let error = Header::decode(&resealed(bytes)).unwrap_err();
            assert_eq!(error.code(), Code::ArchiveDamaged, "byte {at}");
        }
    }
}
