//! Memory that a restore lets the server use.

/// How much memory, named as the server's setting.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
#[command(next_help_heading = "Behaviour")]
pub(crate) struct MemoryArgs {
    /// The server's memory for building an index or checking a key, such as 512MB [default: half of
    /// its shared_buffers, at most 1GB, divided among jobs, and not less than its own setting]
    #[arg(long, value_name = "SIZE", value_parser = kib)]
    pub(crate) maintenance_work_mem: Option<u32>,
}

/// What every server takes, in KiB.
const TAKEN: std::ops::RangeInclusive<u64> = 1024..=i32::MAX as u64;

/// A size in the server's units, as KiB; a number alone is in KiB, as in the server's settings.
fn kib(size: &str) -> Result<u32, String> {
    let digits = size.find(|c: char| !c.is_ascii_digit()).unwrap_or(size.len());
    let (number, unit) = size.split_at(digits);
    let factor: u64 = match unit.trim_start() {
        "" | "kB" => 1,
        "MB" => 1 << 10,
        "GB" => 1 << 20,
        "TB" => 1 << 30,
        _ => return Err("a size is a number and kB, MB, GB or TB".to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| "a size begins with a number".to_owned())?;
    let kib = number.checked_mul(factor).filter(|kib| TAKEN.contains(kib));
    kib.and_then(|kib| u32::try_from(kib).ok()).ok_or_else(|| "1MB to 2047GB".to_owned())
}

#[cfg(test)]
mod tests {
    use super::kib;

    #[test]
    fn sizes_are_those_of_the_servers_settings() {
        assert_eq!(kib("65536"), Ok(65536));
        assert_eq!(kib("65536kB"), Ok(65536));
        assert_eq!(kib("64MB"), Ok(65536));
        assert_eq!(kib("2 GB"), Ok(2 << 20));
    }

    #[test]
    fn what_no_server_takes_is_refused() {
        for size in ["", "MB", "-1", "1.5GB", "64mb", "1023", "2TB", "99999999999999999999GB"] {
            assert!(kib(size).is_err(), "{size}");
        }
    }
}
