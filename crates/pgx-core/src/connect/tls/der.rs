//! What is read of a certificate beside what rustls reads: the hash of its signature, its common name
//! and its days. A certificate is a tree of type, length, value (X.690, RFC 5280 section 4.1).

use sha2::{Digest, Sha256, Sha384, Sha512};

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_ID: u8 = 0x06;
/// An element that a certificate's version stands in, and the first parameter of RSASSA-PSS.
const CONTEXT_0: u8 = 0xa0;

/// id-at-commonName, 2.5.4.3.
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
/// 1.2.840.113549.1.1: the last number tells the signature, 10 is RSASSA-PSS.
const PKCS1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1];
/// 1.2.840.10045.4: ECDSA, 1 with SHA-1, 3.n with SHA-2.
const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4];
/// 2.16.840.1.101.3.4.2: SHA-2.
const SHA2: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2];

/// The elements of a value, one behind the other.
struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    /// The next element, type and value.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&kind, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            // No certificate of a server has more than three bytes of length.
            0x81..=0x83 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (bytes.iter().fold(0, |length, &byte| length << 8 | usize::from(byte)), rest)
            }
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((kind, value))
    }

    /// The value of the next element, which must be of this type.
    fn expect(&mut self, kind: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, _)| *found == kind).map(|(_, value)| value)
    }
}

fn inside(value: &[u8]) -> Elements<'_> {
    Elements(value)
}

/// The certificate's parts up to the subject.
struct Parts<'a> {
    validity: &'a [u8],
    subject: &'a [u8],
}

fn parts(certificate: &[u8]) -> Option<Parts<'_>> {
    let mut whole = inside(inside(certificate).expect(SEQUENCE)?);
    let mut signed = inside(whole.expect(SEQUENCE)?);
    let (first, _) = signed.next()?;
    if first == CONTEXT_0 {
        signed.next()?; // The serial number, behind the version.
    }
    signed.expect(SEQUENCE)?; // The signature's algorithm.
    signed.expect(SEQUENCE)?; // The issuer.
    Some(Parts { validity: signed.expect(SEQUENCE)?, subject: signed.expect(SEQUENCE)? })
}

/// The last common name of the subject.
pub(super) fn common_name(certificate: &[u8]) -> Option<&str> {
    let mut names = inside(parts(certificate)?.subject);
    let mut last = None;
    while let Some(set) = names.expect(SET) {
        let mut attribute = inside(inside(set).expect(SEQUENCE)?);
        if attribute.expect(OBJECT_ID)? == COMMON_NAME {
            last = attribute.next();
        }
    }
    last.and_then(|(_, name)| std::str::from_utf8(name).ok())
}

/// The first and the last second in which the certificate is valid, as `YYYYMMDDhhmmssZ`.
pub(super) fn validity(certificate: &[u8]) -> Option<(String, String)> {
    let mut times = inside(parts(certificate)?.validity);
    Some((time(times.next()?)?, time(times.next()?)?))
}

/// UTCTime has two digits of the year, those of 1950 to 2049.
fn time((kind, text): (u8, &[u8])) -> Option<String> {
    const UTC_TIME: u8 = 0x17;
    let text = std::str::from_utf8(text).ok().filter(|text| text.ends_with('Z'))?;
    let century = match (kind, text.get(..2)?) {
        (UTC_TIME, year) if year < "50" => "20",
        (UTC_TIME, _) => "19",
        _ => "",
    };
    Some(format!("{century}{text}"))
}

/// The certificate's hash by the algorithm of its own signature: what binds a login to the channel
/// (tls-server-end-point, RFC 5929 section 4.1). None where that algorithm has no hash of its own.
pub(super) fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let mut whole = inside(inside(certificate).expect(SEQUENCE)?);
    whole.expect(SEQUENCE)?;
    let mut algorithm = inside(whole.expect(SEQUENCE)?);
    let id = algorithm.expect(OBJECT_ID)?;
    Some(match hash_of(id, algorithm)? {
        384 => Sha384::digest(certificate).to_vec(),
        512 => Sha512::digest(certificate).to_vec(),
        _ => Sha256::digest(certificate).to_vec(),
    })
}

/// Bits of the hash; MD5 and SHA-1 are replaced by SHA-256.
fn hash_of(id: &[u8], mut parameters: Elements<'_>) -> Option<u32> {
    if let Some(&[number]) = id.strip_prefix(PKCS1) {
        return match number {
            4 | 5 | 11 => Some(256),
            12 => Some(384),
            13 => Some(512),
            10 => Some(hash_of_pss(parameters.expect(SEQUENCE)?).unwrap_or(256)),
            _ => None,
        };
    }
    match id.strip_prefix(ECDSA)? {
        [1] | [3, 2] => Some(256),
        [3, 3] => Some(384),
        [3, 4] => Some(512),
        _ => None,
    }
}

fn hash_of_pss(parameters: &[u8]) -> Option<u32> {
    let mut hash = inside(inside(inside(parameters).expect(CONTEXT_0)?).expect(SEQUENCE)?);
    match hash.expect(OBJECT_ID)?.strip_prefix(SHA2)? {
        [2] => Some(384),
        [3] => Some(512),
        _ => Some(256),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(kind: u8, values: &[&[u8]]) -> Vec<u8> {
        let value = values.concat();
        let length = u16::try_from(value.len()).unwrap().to_be_bytes();
        [&[kind, 0x82], &length[..], &value].concat()
    }

    fn certificate(algorithm: &[&[u8]]) -> Vec<u8> {
        let algorithm = element(SEQUENCE, algorithm);
        let name = |id: &[u8], name: &str| {
            let id = element(OBJECT_ID, &[id]);
            element(SET, &[&element(SEQUENCE, &[&id, &element(0x0c, &[name.as_bytes()])])])
        };
        let subject = [name(&[0x55, 4, 10], "Shop"), name(COMMON_NAME, "db.example")].concat();
        let times = [element(0x17, &[b"491231235959Z"]), element(0x18, &[b"20500101000000Z"])];
        let signed = element(
            SEQUENCE,
            &[
                &element(CONTEXT_0, &[&[2, 1, 2]]),
                &[2, 1, 77],
                &algorithm,
                &element(SEQUENCE, &[]),
                &element(SEQUENCE, &[&times.concat()]),
                &element(SEQUENCE, &[&subject]),
            ],
        );
        element(SEQUENCE, &[&signed, &algorithm, &[3, 1, 0]])
    }

    #[test]
    fn names_and_days_are_found() {
        let certificate = certificate(&[&element(OBJECT_ID, &[ECDSA, &[3, 2]])]);
        assert_eq!(common_name(&certificate), Some("db.example"));
        let days = validity(&certificate).unwrap();
        assert_eq!(days, ("20491231235959Z".to_owned(), "20500101000000Z".to_owned()));
    }

    #[test]
    fn the_hash_is_that_of_the_signature() {
        let sha384 = element(SEQUENCE, &[&element(OBJECT_ID, &[SHA2, &[2]])]);
        let pss = element(SEQUENCE, &[&element(CONTEXT_0, &[&sha384])]);
        let cases: &[(&[&[u8]], Option<usize>)] = &[
            (&[&element(OBJECT_ID, &[PKCS1, &[5]]), &[5, 0]], Some(32)),
            (&[&element(OBJECT_ID, &[PKCS1, &[12]]), &[5, 0]], Some(48)),
            (&[&element(OBJECT_ID, &[PKCS1, &[10]]), &pss], Some(48)),
            (&[&element(OBJECT_ID, &[PKCS1, &[10]]), &element(SEQUENCE, &[])], Some(32)),
            (&[&element(OBJECT_ID, &[ECDSA, &[3, 4]])], Some(64)),
            (&[&element(OBJECT_ID, &[&[0x2b, 0x65, 0x70]])], None), // Ed25519
        ];
        for (algorithm, length) in cases {
            let hash = end_point(&certificate(algorithm));
            assert_eq!(hash.map(|hash| hash.len()), *length, "{algorithm:?}");
        }
    }

    #[test]
    fn what_is_cut_is_nothing() {
        let whole = certificate(&[&element(OBJECT_ID, &[PKCS1, &[11]]), &[5, 0]]);
        for end in 0..whole.len() {
            let cut = &whole[..end];
            assert_eq!((common_name(cut), validity(cut), end_point(cut)), (None, None, None));
        }
    }
}
