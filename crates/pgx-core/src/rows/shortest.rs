//! The shortest text of floats, digit by digit as servers of version 12 and newer print it.

/// Appends the text of a `double precision`.
pub(super) fn double(value: f64, out: &mut Vec<u8>) {
    if !value.is_finite() {
        return special(value, out);
    }
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(value);
    let size = value.abs();
    if (1e-4..1e15).contains(&size) {
        return out.extend_from_slice(without_fraction(text));
    }
    let parts = Parts::of(text.as_bytes());
    if size >= DOUBLE_MIDWAY_MIN && parts.has_bits(f64::MANTISSA_DIGITS + 1) {
        let is_value = |text: &str| text.parse() == Ok(value);
        let careful = inside(format!("{value:e}"), value, is_value);
        return Parts::of(careful.as_bytes()).append(15, out);
    }
    parts.append(15, out);
}

/// Appends the text of a `real`.
pub(super) fn single(value: f32, out: &mut Vec<u8>) {
    if !value.is_finite() {
        return special(value.into(), out);
    }
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(value);
    let size = value.abs();
    if (1e-4..1e6).contains(&size) {
        return out.extend_from_slice(without_fraction(text));
    }
    let parts = Parts::of(text.as_bytes());
    if size >= SINGLE_MIDWAY_MIN && parts.has_bits(f32::MANTISSA_DIGITS + 1) {
        let is_value = |text: &str| text.parse() == Ok(value);
        let careful = inside(format!("{value:e}"), value.into(), is_value);
        return Parts::of(careful.as_bytes()).append(6, out);
    }
    parts.append(6, out);
}

/// In smaller numbers what is midway to the next has more digits after the point than any shortest
/// text: 2^51 for 17 digits, 2^21 for 9.
const DOUBLE_MIDWAY_MIN: f64 = 2_251_799_813_685_248.0;
const SINGLE_MIDWAY_MIN: f32 = 2_097_152.0;

/// `3.0` → `3`
fn without_fraction(text: &str) -> &[u8] {
    text.strip_suffix(".0").unwrap_or(text).as_bytes()
}

fn special(value: f64, out: &mut Vec<u8>) {
    out.extend_from_slice(match () {
        () if value.is_nan() => b"NaN",
        () if value > 0.0 => b"Infinity",
        () => b"-Infinity",
    });
}

/// The server takes an even digit where two decimals are as near, Rust the greater. And a decimal
/// midway to the next float, which is read as the even one of the two, is no candidate for it.
fn inside(shortest: String, value: f64, is_value: impl Fn(&str) -> bool) -> String {
    let mantissa = shortest.split('e').next().unwrap_or_default();
    let first = mantissa.bytes().filter(u8::is_ascii_digit).count();
    let rounded = |digits: usize| format!("{value:.*e}", digits - 1);
    let fits =
        |text: &String| beside(text).is_some_and(|both| both.iter().all(|text| is_value(text)));
    // Next to a power of two the nearest decimal may be beyond the nearer border.
    let mut candidates =
        [rounded(first), shortest.clone()].into_iter().chain((first + 1..=DIGITS_MAX).map(rounded));
    candidates.find(fits).unwrap_or(shortest)
}

/// Digits that tell any two floats apart.
const DIGITS_MAX: usize = 17;

/// Numbers a hair below and above a decimal (`-1.25e7`), nearer to it than any midway point that is
/// not the decimal itself.
fn beside(scientific: &str) -> Option<[String; 2]> {
    let (mantissa, exponent) = scientific.split_once('e')?;
    let sign = if mantissa.starts_with('-') { "-" } else { "" };
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let whole: u64 = digits.parse().ok()?;
    let exponent = exponent.parse::<i64>().ok()? - (digits.len() as i64 - 1) - HAIR as i64;
    let below = format!("{sign}{}{}e{exponent}", whole.checked_sub(1)?, "9".repeat(HAIR));
    let above = format!("{sign}{whole}{:0>HAIR$}e{exponent}", 1);
    Some([below, above])
}

/// How many digits further a hair is.
const HAIR: usize = 60;

fn append_scientific(digits: &[u8], exponent: i32, out: &mut Vec<u8>) {
    out.push(digits[0]);
    if digits.len() > 1 {
        out.push(b'.');
        out.extend_from_slice(&digits[1..]);
    }
    out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
    if exponent.abs() < 10 {
        out.push(b'0');
    }
    out.extend_from_slice(itoa::Buffer::new().format(exponent.unsigned_abs()).as_bytes());
}

/// More than Rust writes of a float of at most 17 digits in any of its forms.
const FORM_MAX: usize = 40;

/// A decimal taken apart.
struct Parts {
    negative: bool,
    /// The digits are a range of these, without zeros at either end; `0` is one digit.
    written: [u8; FORM_MAX],
    digits: std::ops::Range<usize>,
    /// Of the first digit: 0 for `1.5`.
    exponent: i32,
}

impl Parts {
    /// A number in one of Rust's forms: `-1.25e7`, `0.001`, `3.0`.
    fn of(text: &[u8]) -> Parts {
        let (negative, text) = match text.strip_prefix(b"-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mantissa_end = text.iter().position(|&byte| byte == b'e').unwrap_or(text.len());
        let (mantissa, power) = text.split_at(mantissa_end);
        let point = mantissa.iter().position(|&byte| byte == b'.').unwrap_or(mantissa.len());
        let fraction = mantissa.get(point + 1..).unwrap_or_default();
        let length = point + fraction.len();
        let mut written = [b'0'; FORM_MAX];
        written[..point].copy_from_slice(&mantissa[..point]);
        written[point..length].copy_from_slice(fraction);
        let is_digit = |&byte: &u8| byte != b'0';
        let Some(first) = written[..length].iter().position(is_digit) else {
            return Parts { negative, written, digits: 0..1, exponent: 0 };
        };
        let end = written[..length].iter().rposition(is_digit).map_or(length, |last| last + 1);
        let exponent = point as i32 - first as i32 - 1 + exponent(power.get(1..).unwrap_or(b""));
        Parts { negative, written, digits: first..end, exponent }
    }

    fn digits(&self) -> &[u8] {
        &self.written[self.digits.clone()]
    }

    /// Whether it takes exactly so many bits, from the first one that is set to the last: one bit
    /// more than a float has where it is midway between two of them.
    fn has_bits(&self, bits: u32) -> bool {
        let digits = self.digits();
        let whole = digits.iter().fold(0, |sum, digit| sum * 10 + u128::from(digit - b'0'));
        // Of a power of ten only the power of five counts.
        let power = self.exponent - (digits.len() as i32 - 1);
        let Some(fives) = 5_u128.checked_pow(power.unsigned_abs()) else { return false };
        let whole = match power {
            0.. => whole.checked_mul(fives),
            _ => (whole % fives == 0).then(|| whole / fives),
        };
        whole.is_some_and(|whole| {
            whole != 0 && (whole >> whole.trailing_zeros()).ilog2() + 1 == bits
        })
    }

    /// Appends the number as the server writes it: plain digits for exponents from -4 to below
    /// `plain_below`, else an exponent with a sign and at least two digits.
    fn append(&self, plain_below: i32, out: &mut Vec<u8>) {
        let digits = self.digits();
        if self.negative {
            out.push(b'-');
        }
        if !(-4..plain_below).contains(&self.exponent) {
            return append_scientific(digits, self.exponent, out);
        }
        let zeros = |count: usize| std::iter::repeat_n(b'0', count);
        let Ok(exponent) = usize::try_from(self.exponent) else {
            out.extend_from_slice(b"0.");
            out.extend(zeros(self.exponent.unsigned_abs() as usize - 1));
            return out.extend_from_slice(digits);
        };
        match digits.split_at_checked(exponent + 1) {
            None => {
                out.extend_from_slice(digits);
                out.extend(zeros(exponent + 1 - digits.len()));
            }
            Some((whole, b"")) => out.extend_from_slice(whole),
            Some((whole, fraction)) => {
                out.extend_from_slice(whole);
                out.push(b'.');
                out.extend_from_slice(fraction);
            }
        }
    }
}

/// `-7` or `+7` after the `e`; nothing is 0.
fn exponent(text: &[u8]) -> i32 {
    let (sign, digits) = match text {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] => (1, digits),
        digits => (1, digits),
    };
    sign * digits.iter().fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn double_text(value: f64) -> String {
        let mut out = Vec::new();
        double(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn fast_digits_are_those_of_the_slow_and_careful_way() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for i in 0..CHECKED {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(i);
            let (mut fast, mut slow) = (Vec::new(), Vec::new());
            let value = double_of(state, i);
            double(value, &mut fast);
            let text = inside(format!("{value:e}"), value, |text| text.parse() == Ok(value));
            Parts::of(text.as_bytes()).append(15, &mut slow);
            assert_eq!(fast.escape_ascii().to_string(), slow.escape_ascii().to_string());
            fast.clear();
            slow.clear();
            let value = single_of(state, i);
            single(value, &mut fast);
            let text = inside(format!("{value:e}"), value.into(), |text| text.parse() == Ok(value));
            Parts::of(text.as_bytes()).append(6, &mut slow);
            assert_eq!(fast.escape_ascii().to_string(), slow.escape_ascii().to_string());
        }
    }

    const CHECKED: u64 = 20_000;

    /// A finite, positive number of any size, often with few bits or next to a power of two.
    fn double_of(bits: u64, i: u64) -> f64 {
        let exponent = bits >> 53 << 52;
        let value = f64::from_bits(match i % 4 {
            0 => exponent | (bits & 0xf_ffff_ffff_ffff),
            1 => exponent | (bits & 7) << 49,
            2 => exponent.wrapping_add(bits & 7).wrapping_sub(3),
            _ => ((bits >> 11) as f64 * 0.5_f64.powi((bits & 63) as i32)).to_bits(),
        });
        if value.is_finite() && value > 0.0 { value } else { 1.0 }
    }

    fn single_of(bits: u64, i: u64) -> f32 {
        let bits = (bits >> 32) as u32;
        let exponent = bits >> 24 << 23;
        let value = f32::from_bits(match i % 4 {
            0 => exponent | (bits & 0x7f_ffff),
            1 => exponent | (bits & 7) << 20,
            2 => exponent.wrapping_add(bits & 7).wrapping_sub(3),
            _ => ((bits >> 8) as f32 * 0.5_f32.powi((bits & 31) as i32)).to_bits(),
        });
        if value.is_finite() && value > 0.0 { value } else { 1.0 }
    }

    #[test]
    fn numbers_take_the_servers_form() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (5e-324, "5e-324"),
            (1e-5, "1e-05"),
            (-1.5e-4, "-0.00015"),
            (1e14, "100000000000000"),
            (999_999_999_999_999.9, "999999999999999.9"),
            (1e15, "1e+15"),
            (1.25e100, "1.25e+100"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(double_text(value), text);
        }
    }
}
