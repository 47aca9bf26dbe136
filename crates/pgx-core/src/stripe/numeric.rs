//! The binary form of `numeric` as an integer and the number of its fraction digits.
//!
//! The form is digits to the base 10,000 behind a header: digit count, weight, sign, display scale.
//! Only bytes that [`render`] gives back are accepted: up to 15 digits, no NaN, no infinity.

const MOST_SCALE: u16 = 18;
/// Widened to whole groups of four digits, a number up to here fits 64 bits.
const MOST: u64 = 1_000_000_000_000_000;
const NEGATIVE: u16 = 0x4000;

/// Bytes that hold every rendered number.
pub(super) type Buffer = [u8; 24];

/// The fraction digits and the number without its point.
#[inline]
pub(super) fn parse(field: &[u8]) -> Option<(u8, i64)> {
    let (header, groups) = field.split_first_chunk::<8>()?;
    let [count, weight, sign, scale] = fields(header);
    if usize::from(count) * 2 != groups.len() || count > 5 || scale > MOST_SCALE {
        return None;
    }
    let mut magnitude = 0_u64;
    for group in groups.chunks_exact(2) {
        let group = u64::from(u16::from_be_bytes([group[0], group[1]]));
        magnitude = magnitude.checked_mul(10_000)?.checked_add(group)?;
    }
    // Exponent of the last group, and of the last digit that is shown.
    let exponent = (i32::from(weight as i16) - i32::from(count) + 1) * 4 + i32::from(scale);
    let magnitude = shift(magnitude, exponent)?;
    let value = i64::try_from(magnitude).ok()?;
    let value = if sign == NEGATIVE { -value } else { value };
    let kind = scale as u8;
    (render(kind, value, &mut [0; 24])? == field).then_some((kind, value))
}

fn fields(header: &[u8; 8]) -> [u16; 4] {
    let &[a, b, c, d, e, f, g, h] = header;
    [[a, b], [c, d], [e, f], [g, h]].map(u16::from_be_bytes)
}

/// `magnitude` times ten to the `exponent`.
fn shift(magnitude: u64, exponent: i32) -> Option<u64> {
    let power = 10_u64.checked_pow(exponent.unsigned_abs())?;
    if exponent < 0 { Some(magnitude / power) } else { magnitude.checked_mul(power) }
}

/// The binary form of a number; `None` if none is parsed to it.
#[inline]
pub(super) fn render(scale: u8, value: i64, buffer: &mut Buffer) -> Option<&[u8]> {
    let magnitude = value.unsigned_abs();
    if u16::from(scale) > MOST_SCALE || magnitude > MOST {
        return None;
    }
    let fraction_groups = scale.div_ceil(4);
    let mut rest = magnitude * [1, 1000, 100, 10][usize::from(scale % 4)];
    let mut groups = [0_u16; 5];
    let (mut count, mut total) = (0, 0_i16);
    let mut trailing = true;
    while rest > 0 {
        let group = (rest % 10_000) as u16;
        rest /= 10_000;
        total += 1;
        trailing &= group == 0;
        if !trailing {
            groups[count] = group;
            count += 1;
        }
    }
    let weight = if count == 0 { 0 } else { total - i16::from(fraction_groups) - 1 };
    let sign = if value < 0 { NEGATIVE } else { 0 };
    let header = [count as u16, weight as u16, sign, u16::from(scale)];
    for (out, field) in
        buffer.chunks_exact_mut(2).zip(header.iter().chain(groups[..count].iter().rev()))
    {
        out.copy_from_slice(&field.to_be_bytes());
    }
    Some(&buffer[..8 + 2 * count])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_full_groups_are_no_number_of_64_bits() {
        let mut field = vec![0, 5, 0, 4, 0, 0, 0, 0];
        field.extend([0x27, 0x0f].repeat(5));
        assert_eq!(parse(&field), None);
    }
}
