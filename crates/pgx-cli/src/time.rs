//! Points in time as text.

use pgx_core::calendar::civil;

/// Seconds since 1970-01-01 00:00:00 UTC as `2026-11-20 09:30:00 UTC`.
pub(crate) fn utc(unix: u64) -> String {
    let (year, month, day) = civil((unix / 86_400).cast_signed());
    let seconds = unix % 86_400;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(utc(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(utc(951_782_399), "2000-02-28 23:59:59 UTC");
        assert_eq!(utc(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(utc(4_107_542_399), "2100-02-28 23:59:59 UTC");
        assert_eq!(utc(4_107_542_400), "2100-03-01 00:00:00 UTC");
        assert_eq!(utc(1_795_167_000), "2026-11-20 09:30:00 UTC");
    }
}
