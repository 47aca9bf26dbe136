//! Sequences of integers as byte planes.
//!
//! Each number is stored as its distance from the least one, or, where that takes fewer bits, as the
//! distance of its step from the least step. The distances are cut into bytes, and all first bytes
//! make one stream, all second bytes the next: the lowest are noise, the highest hardly change.

use super::assembly::Assembly;
use super::error::{Result, damaged};
use super::streams::{Plane, Streams};
use super::wire::{Cursor, put_signed, zigzag};

/// In the first byte of a sequence: steps are stored, not values.
const STEPS: u8 = 0x10;
/// Consecutive numbers of a sample that decides between values and steps, and how many there are.
const RUN: usize = 96;
const RUNS: usize = 6;

/// Writes sequences; keeps its buffers.
#[derive(Default)]
pub(super) struct NumberWriter {
    steps: Vec<i64>,
    plane: Vec<u8>,
}

impl NumberWriter {
    /// Adds `numbers` to the directory and their planes to the streams.
    pub(super) fn write(&mut self, numbers: &[i64], out: &mut Assembly) {
        let mut steps = std::mem::take(&mut self.steps);
        if steps_pay(numbers) {
            steps.clear();
            // The first has no step: it takes that of the second.
            steps.push(numbers[1].wrapping_sub(numbers[0]));
            steps.extend(numbers.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])));
            self.planes(&steps, Some(numbers[0]), out);
        } else {
            self.planes(numbers, None, out);
        }
        self.steps = steps;
    }

    fn planes(&mut self, numbers: &[i64], first: Option<i64>, out: &mut Assembly) {
        let (least, most) = numbers
            .iter()
            .fold((i64::MAX, i64::MIN), |(least, most), &n| (least.min(n), most.max(n)));
        let (least, width) = match most.checked_sub(least) {
            _ if numbers.is_empty() => (0, 0),
            // The distance of any two numbers fits 64 bits without sign.
            None => (least, 8),
            Some(range) => (least, (8 - range.leading_zeros() / 8) as u8),
        };
        out.directory.push(width | if first.is_some() { STEPS } else { 0 });
        put_signed(&mut out.directory, least);
        if let Some(first) = first {
            put_signed(&mut out.directory, first);
        }
        for byte in 0..u32::from(width) {
            self.plane.clear();
            let bytes = numbers.iter().map(|&n| (n.wrapping_sub(least) >> (8 * byte)) as u8);
            self.plane.extend(bytes);
            out.stream(&self.plane);
        }
    }
}

/// Whether steps take fewer bits than values, in runs taken from the whole sequence.
fn steps_pay(numbers: &[i64]) -> bool {
    if numbers.len() < 8 {
        return false;
    }
    let starts = (0..RUNS).map(|i| (numbers.len() - numbers.len().min(RUN)) * i / (RUNS - 1));
    let runs: [&[i64]; RUNS] = {
        let mut starts = starts;
        std::array::from_fn(|_| {
            let start = starts.next().unwrap_or(0);
            &numbers[start..numbers.len().min(start + RUN)]
        })
    };
    let least = runs.iter().copied().flatten().copied().min().unwrap_or(0);
    let usual_step = numbers[1].wrapping_sub(numbers[0]);
    let (mut value_bits, mut step_bits, mut count) = (0, 0, 0);
    for pair in runs.iter().flat_map(|run| run.windows(2)) {
        let step = pair[1].wrapping_sub(pair[0]);
        value_bits += bits(pair[1].wrapping_sub(least) as u64);
        step_bits += bits(zigzag(step.wrapping_sub(usual_step)));
        count += 1;
    }
    step_bits + 2 * count < value_bits
}

fn bits(value: u64) -> u32 {
    u64::BITS - value.leading_zeros()
}

/// Reads a sequence from its beginning, in blocks.
pub(super) struct NumberReader {
    planes: Vec<Plane>,
    least: i64,
    /// The number before the next one, if steps are stored.
    last: Option<i64>,
    at: usize,
}

impl NumberReader {
    /// Reads the description of a sequence of `count` numbers.
    pub(super) fn new(head: &mut Cursor<'_>, count: usize, streams: &mut Streams) -> Result<Self> {
        let mode = head.byte()?;
        let width = mode & !STEPS;
        if width > 8 {
            return damaged("a number has more than eight bytes");
        }
        let least = head.signed()?;
        let last = match mode & STEPS {
            0 => None,
            // The first number is itself; its step in the planes says nothing.
            _ => Some(head.signed()?),
        };
        let planes = (0..width).map(|_| streams.plane(head, count)).collect::<Result<_>>()?;
        Ok(NumberReader { planes, least, last, at: 0 })
    }

    /// The number that all are, if nothing is stored for them.
    pub(super) fn constant(&self) -> Option<i64> {
        (self.planes.is_empty() && self.last.is_none()).then_some(self.least)
    }

    /// The next numbers, as many as `out` takes; the caller never asks for more than there are.
    pub(super) fn fill(&mut self, streams: &Streams, out: &mut [i64]) {
        out.fill(0);
        for (i, plane) in self.planes.iter().enumerate() {
            let shift = 8 * i as u32;
            match streams.part(*plane, self.at, out.len()) {
                Ok(bytes) => {
                    for (number, &byte) in out.iter_mut().zip(bytes) {
                        *number |= i64::from(byte) << shift;
                    }
                }
                Err(byte) => out.iter_mut().for_each(|n| *n |= i64::from(byte) << shift),
            }
        }
        let least = self.least;
        match &mut self.last {
            None => out.iter_mut().for_each(|number| *number = number.wrapping_add(least)),
            Some(last) => {
                let skip = usize::from(self.at == 0);
                out.iter_mut().take(skip).for_each(|number| *number = *last);
                for number in out.iter_mut().skip(skip) {
                    *last = last.wrapping_add(*number).wrapping_add(least);
                    *number = *last;
                }
            }
        }
        self.at += out.len();
    }
}
