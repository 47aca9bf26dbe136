//! Dates and times, in ISO style and UTC.

use super::decimal::{pair, push};
use super::{Malformed, exactly};

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// Days from 0000-03-01, with which the years of this calculation begin, to 2000-01-01.
const DAYS_TO_2000: i64 = 730_425;

/// Days of 400 years.
const DAYS_OF_ERA: i64 = 146_097;

/// The days, counted from 2000-01-01, that a server calls a date: from the first of the Julian
/// calendar, 4714-11-24 BC, to 5874897-12-31.
const DATES: std::ops::Range<i32> = -2_451_545..2_145_031_949;

/// Microseconds from the same day to the end of the year 294276, for timestamps.
const TIMESTAMPS: std::ops::Range<i64> = -211_813_488_000_000_000..9_223_371_331_200_000_000;

/// Time zones are less than so many seconds away from UTC.
const ZONE_LIMIT: u32 = 16 * 3600;

/// Appends a `date`: `2001-02-03`, `0044-03-15 BC`, `infinity`.
pub(super) fn date(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let days = i32::from_be_bytes(exactly(bytes, "date")?);
    match days {
        i32::MIN => out.extend_from_slice(b"-infinity"),
        i32::MAX => out.extend_from_slice(b"infinity"),
        _ if !DATES.contains(&days) => return Err(Malformed("date")),
        _ => {
            let era = push_date(days.into(), out);
            out.extend_from_slice(era);
        }
    }
    Ok(())
}

/// Appends a `timestamp`, or with a zone a `timestamptz`.
pub(super) fn timestamp(bytes: &[u8], zone: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let time = i64::from_be_bytes(exactly(bytes, "timestamp")?);
    match time {
        i64::MIN => out.extend_from_slice(b"-infinity"),
        i64::MAX => out.extend_from_slice(b"infinity"),
        _ if !TIMESTAMPS.contains(&time) => return Err(Malformed("timestamp")),
        _ => {
            let era = push_date(time.div_euclid(DAY), out);
            out.push(b' ');
            push_time(time.rem_euclid(DAY), out);
            out.extend_from_slice(zone);
            out.extend_from_slice(era);
        }
    }
    Ok(())
}

/// Appends a `time`, of which the last is `24:00:00`.
pub(super) fn time(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let time = i64::from_be_bytes(exactly(bytes, "time")?);
    if !(0..=DAY).contains(&time) {
        return Err(Malformed("time"));
    }
    push_time(time, out);
    Ok(())
}

/// Appends a `timetz`: `01:02:03.5-08`, `01:02:03+05:53:28`.
pub(super) fn timetz(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let (time_bytes, zone) = bytes.split_last_chunk().ok_or(Malformed("timetz"))?;
    // A zone is stored as seconds west of UTC.
    let west = i32::from_be_bytes(*zone);
    let seconds = west.unsigned_abs();
    if seconds >= ZONE_LIMIT {
        return Err(Malformed("timetz"));
    }
    time(time_bytes, out)?;
    out.push(if west <= 0 { b'+' } else { b'-' });
    out.extend_from_slice(&pair(seconds / 3600));
    if seconds % 3600 != 0 {
        out.push(b':');
        out.extend_from_slice(&pair(seconds / 60 % 60));
    }
    if seconds % 60 != 0 {
        out.push(b':');
        out.extend_from_slice(&pair(seconds % 60));
    }
    Ok(())
}

/// Appends the date of a day counted from 2000-01-01, and returns what follows the time of day.
fn push_date(days: i64, out: &mut Vec<u8>) -> &'static [u8] {
    let days = days + DAYS_TO_2000;
    let (era, day) = (days.div_euclid(DAYS_OF_ERA), days.rem_euclid(DAYS_OF_ERA) as u32);
    // Years begin in March, so that the day that not every year has is the last one.
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = 400 * era + i64::from(year) + next_year;
    let (year, era) = if year > 0 { (year, &b""[..]) } else { (1 - year, &b" BC"[..]) };
    let [[m0, m1], [d0, d1]] = [pair(month), pair(day)];
    match year as u32 {
        year @ ..10_000 => {
            let [[y0, y1], [y2, y3]] = [pair(year / 100), pair(year % 100)];
            out.extend_from_slice(&[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1]);
        }
        year => {
            push(year, out);
            out.extend_from_slice(&[b'-', m0, m1, b'-', d0, d1]);
        }
    }
    era
}

/// Appends `01:02:03.5` for microseconds.
fn push_time(time: i64, out: &mut Vec<u8>) {
    let (seconds, fraction) = ((time / 1_000_000) as u32, (time % 1_000_000) as u32);
    let [[h0, h1], [m0, m1]] = [pair(seconds / 3600), pair(seconds / 60 % 60)];
    push_clock([h0, h1, b':', m0, m1, b':'], seconds % 60, fraction, out);
}

/// Appends what precedes seconds, seconds, and a fraction in microseconds without zeros at its end.
pub(super) fn push_clock<const N: usize>(
    before: [u8; N],
    seconds: u32,
    fraction: u32,
    out: &mut Vec<u8>,
) {
    let [s0, s1] = pair(seconds);
    out.extend_from_slice(&before);
    if fraction == 0 {
        return out.extend_from_slice(&[s0, s1]);
    }
    let [[a, b], [c, d], [e, f]] =
        [pair(fraction / 10_000), pair(fraction / 100 % 100), pair(fraction % 100)];
    let text = [s0, s1, b'.', a, b, c, d, e, f];
    let zeros = text.iter().rev().take_while(|&&digit| digit == b'0').count();
    out.extend_from_slice(&text[..text.len() - zeros]);
}
