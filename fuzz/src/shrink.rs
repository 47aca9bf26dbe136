//! Making an input that breaks a promise as short as it can be.

use std::time::{Duration, Instant};

/// What an input is worth.
const TIME: Duration = Duration::from_secs(10);

/// A shorter input that `fails`, too.
pub(crate) fn shrink(input: &[u8], mut fails: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    let mut best = input.to_vec();
    let begun = Instant::now();
    let mut length = best.len().next_power_of_two();
    while length > 0 && begun.elapsed() < TIME {
        let mut at = 0;
        while at < best.len() && begun.elapsed() < TIME {
            let mut shorter = best.clone();
            shorter.drain(at..best.len().min(at + length));
            if fails(&shorter) { best = shorter } else { at += length }
        }
        length /= 2;
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_goes() {
        let input = [&[b'x'; 500][..], b"ab", &[b'y'; 99], b"c"].concat();
        let fails = |input: &[u8]| input.contains(&b'a') && input.contains(&b'c');
        assert_eq!(shrink(&input, fails), b"ac");
    }
}
