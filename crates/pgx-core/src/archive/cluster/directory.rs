//! The directory behind the members, and the tail that finds it.

use minicbor::{Decode, Encode};

use super::{END_MAGIC, Member};
use crate::archive::control;
use crate::archive::defect::Defect;
use crate::archive::fields::Fields;
use crate::archive::tail::{self, Tail};

/// What it begins with; never the beginning of an archive.
pub(in crate::archive) const SYNC: [u8; 8] = *b"\x89PGXDIR\n";
/// Bytes before the list.
pub(in crate::archive) const HEAD: usize = 16;
/// Bytes of the list at most: a hundred thousand databases with the longest names.
pub(in crate::archive) const LONGEST: u32 = 16 << 20;

/// The list, for keys of later versions.
#[derive(Encode, Decode)]
#[cbor(map)]
struct Listing {
    #[n(0)]
    members: Vec<Member>,
}

/// Directory and tail of a cluster archive, whose directory begins at `offset`; none if the list is
/// longer than a reader accepts.
pub(in crate::archive) fn encode(
    members: &[Member],
    uuid: [u8; 16],
    offset: u64,
) -> Option<Vec<u8>> {
    let list = control::to_cbor(&Listing { members: members.to_vec() });
    let length = u32::try_from(list.len()).ok().filter(|&length| length <= LONGEST)?;
    let mut bytes = SYNC.to_vec();
    bytes.extend(length.to_le_bytes());
    bytes.extend(checksum(&uuid, &list).to_le_bytes());
    bytes.extend(list);
    bytes.extend(ending(members, uuid, offset, bytes.len() as u64));
    Some(bytes)
}

/// The tail behind a directory of `length` bytes.
pub(in crate::archive) fn ending(
    members: &[Member],
    uuid: [u8; 16],
    offset: u64,
    length: u64,
) -> [u8; tail::LEN] {
    let tail = Tail {
        footer_offset: offset,
        footer_length: length,
        uuid,
        file_length: offset + length + tail::LEN as u64,
        frames: members.len() as u64,
    };
    tail.encode_as(END_MAGIC)
}

/// Length of the list, and its checksum, of what a directory begins with.
pub(in crate::archive) fn decode_head(bytes: &[u8; HEAD]) -> Result<(u32, u32), Defect> {
    let mut fields = Fields::new(bytes);
    let sync: [u8; 8] = fields.bytes();
    let (length, checksum) = (fields.u32(), fields.u32());
    if sync != SYNC {
        return Err(Defect::damaged("neither a member nor the directory begins here"));
    }
    if length > LONGEST {
        return Err(Defect::damaged("the directory is longer than allowed"));
    }
    Ok((length, checksum))
}

/// The members that `list` holds.
pub(in crate::archive) fn decode(
    list: &[u8],
    sum: u32,
    uuid: &[u8; 16],
) -> Result<Vec<Member>, Defect> {
    if checksum(uuid, list) != sum {
        return Err(Defect::damaged("the directory does not match its checksum"));
    }
    let Listing { members } = control::from_cbor(list)?;
    Ok(members)
}

fn checksum(uuid: &[u8; 16], list: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(uuid), list)
}
