//! Dates and timestamps in ISO text as days and microseconds since 1970-01-01.
//!
//! Only text that is rendered back byte by byte is accepted: years 0001 to 9999, no BC, no infinity,
//! fractions of seconds without trailing zeros.

use super::decimal::PAIRS;
use crate::calendar::civil;

const DAY: i64 = 86_400_000_000;
/// 0001-01-01 and 9999-12-31.
const DAYS: std::ops::RangeInclusive<i64> = -719_162..=2_932_896;

/// Reads dates and timestamps; keeps the last date, since neighbours often share it.
#[derive(Default)]
pub(super) struct Reader {
    text: [u8; 10],
    days: i64,
}

impl Reader {
    /// Days of a date `2018-01-31`.
    #[inline]
    pub(super) fn date(&mut self, field: &[u8]) -> Option<i64> {
        let date: &[u8; 10] = field.try_into().ok()?;
        if *date != self.text {
            self.days = parse_date(date)?;
            self.text = *date;
        }
        Some(self.days)
    }

    /// Microseconds of a timestamp `2018-01-31 23:59:59.5`, without a zone.
    #[inline]
    pub(super) fn timestamp(&mut self, field: &[u8]) -> Option<i64> {
        let (date, time) = field.split_first_chunk::<10>()?;
        let (clock, fraction) = time.split_first_chunk::<9>()?;
        let &[b' ', a, b, b':', c, d, b':', e, f] = clock else { return None };
        let (hour, minute, second) = (two(a, b)?, two(c, d)?, two(e, f)?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let seconds = (hour * 60 + minute) * 60 + second;
        Some(self.date(date)? * DAY + seconds * 1_000_000 + parse_fraction(fraction)?)
    }
}

fn parse_date(date: &[u8; 10]) -> Option<i64> {
    let &[a, b, c, d, b'-', e, f, b'-', g, h] = date else { return None };
    let year = two(a, b)? * 100 + two(c, d)?;
    let (month, day) = (two(e, f)?, two(g, h)?);
    let valid = year >= 1 && (1..=12).contains(&month) && day >= 1;
    (valid && day <= days_of_month(year, month)).then(|| days_from_civil(year, month, day))
}

/// Bytes of a timestamp with six fraction digits, without its zone.
const MOST_TIMESTAMP: usize = 26;

/// Where a timestamp ends and its zone begins.
pub(super) fn zone_start(field: &[u8]) -> usize {
    let zone =
        field.iter().take(MOST_TIMESTAMP + 1).skip(19).position(|byte| matches!(byte, b'+' | b'-'));
    zone.map_or(field.len(), |zone| zone + 19)
}

/// Microseconds of a fraction of a second, with its point.
#[inline]
fn parse_fraction(fraction: &[u8]) -> Option<i64> {
    let digits = match fraction {
        [] => return Some(0),
        [b'.', digits @ ..] if matches!(digits.len(), 1..=6) => digits,
        _ => return None,
    };
    if digits.last() == Some(&b'0') {
        return None;
    }
    let (mut value, mut digits_only) = (0, true);
    for &byte in digits {
        digits_only &= byte.is_ascii_digit();
        value = value * 10 + i64::from(byte & 0x0f);
    }
    let unit = [100_000, 10_000, 1000, 100, 10, 1][digits.len() - 1];
    digits_only.then_some(value * unit)
}

#[inline]
fn two(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| i64::from(tens) * 10 + i64::from(ones))
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of the proleptic Gregorian calendar; years begin in March, so that the leap
/// day is the last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

/// Renders dates and timestamps; keeps the text of the last day, since neighbours often share it.
#[derive(Default)]
pub(super) struct Calendar {
    days: i64,
    text: Option<[u8; 10]>,
}

impl Calendar {
    /// The text of a day; `None` outside the years 1 to 9999.
    #[inline]
    pub(super) fn date(&mut self, days: i64) -> Option<[u8; 10]> {
        if self.days != days || self.text.is_none() {
            self.days = days;
            self.text = DAYS.contains(&days).then(|| date_text(days));
        }
        self.text
    }

    /// Writes a timestamp without its zone; its length, `None` outside the years 1 to 9999.
    #[inline]
    pub(super) fn timestamp(&mut self, value: i64, out: &mut [u8]) -> Option<usize> {
        let (days, time) = (value.div_euclid(DAY), value.rem_euclid(DAY) as u64);
        out[..10].copy_from_slice(&self.date(days)?);
        let (seconds, mut fraction) = (time / 1_000_000, time % 1_000_000);
        let [a, b] = PAIRS[(seconds / 3600) as usize];
        let [c, d] = PAIRS[(seconds / 60 % 60) as usize];
        let [e, f] = PAIRS[(seconds % 60) as usize];
        out[10..19].copy_from_slice(&[b' ', a, b, b':', c, d, b':', e, f]);
        if fraction == 0 {
            return Some(19);
        }
        out[19] = b'.';
        for at in (20..26).step_by(2).rev() {
            out[at..at + 2].copy_from_slice(&PAIRS[(fraction % 100) as usize]);
            fraction /= 100;
        }
        let zeros = out[20..26].iter().rev().take_while(|&&byte| byte == b'0').count();
        Some(26 - zeros)
    }
}

fn date_text(days: i64) -> [u8; 10] {
    let (year, month, day) = civil(days);
    let [a, b] = PAIRS[(year / 100) as usize];
    let [c, d] = PAIRS[(year % 100) as usize];
    let [e, f] = PAIRS[month as usize];
    let [g, h] = PAIRS[day as usize];
    [a, b, c, d, b'-', e, f, b'-', g, h]
}
