//! Large objects as an archive lists them: by the runs of their OIDs, since there may be millions.

use minicbor::{Decode, Encode};

/// Consecutive OIDs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OidRun {
    /// The first.
    #[n(0)]
    pub first: u32,
    /// How many; at least 1.
    #[n(1)]
    pub count: u32,
}

impl OidRun {
    /// The last one, inclusive.
    fn last(self) -> u32 {
        self.first.saturating_add(self.count.saturating_sub(1))
    }
}

/// OIDs in ascending order, eight bytes for a run of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Oids(#[n(0)] Vec<OidRun>);

impl Oids {
    /// Adds an OID behind all others.
    pub fn push(&mut self, oid: u32) {
        self.push_run(OidRun { first: oid, count: 1 });
    }

    /// Adds a run that begins at or behind the beginning of the last one.
    pub fn push_run(&mut self, next: OidRun) {
        match self.0.last_mut() {
            Some(run) if next.first <= run.last().saturating_add(1) => {
                let last = run.last().max(next.last());
                run.count = (last - run.first).saturating_add(1);
            }
            _ => self.0.push(next),
        }
    }

    /// All of several. Takes no more memory than they do, whatever they say.
    pub fn union<'o>(several: impl Iterator<Item = &'o Oids>) -> Oids {
        let mut runs: Vec<OidRun> = several.flat_map(|oids| oids.0.iter().copied()).collect();
        runs.sort_unstable_by_key(|run| run.first);
        let mut union = Oids::default();
        runs.into_iter().filter(|run| run.count > 0).for_each(|run| union.push_run(run));
        union
    }

    /// How many of `others`, which are looked at one by one, are among these.
    pub fn in_common(&self, others: &Oids) -> u64 {
        others.iter().filter(|oid| self.contains(*oid)).count() as u64
    }

    /// How many OIDs.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|run| u64::from(run.count)).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The runs.
    pub fn runs(&self) -> &[OidRun] {
        &self.0
    }

    /// Every OID.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().flat_map(|run| run.first..=run.last())
    }

    /// The smallest and the largest.
    pub fn ends(&self) -> Option<(u32, u32)> {
        Some((self.0.first()?.first, self.0.last()?.last()))
    }

    /// Whether an OID is among them.
    pub fn contains(&self, oid: u32) -> bool {
        let behind = self.0.partition_point(|run| run.first <= oid);
        behind.checked_sub(1).is_some_and(|at| oid <= self.0[at].last())
    }

    /// The same OIDs in parts of at most `size`.
    pub fn parts(&self, size: u32) -> Vec<Oids> {
        let (mut parts, mut part, mut room) = (Vec::new(), Oids::default(), size.max(1));
        for run in &self.0 {
            let mut rest = *run;
            while rest.count > 0 {
                let count = rest.count.min(room);
                part.0.push(OidRun { first: rest.first, count });
                rest =
                    OidRun { first: rest.first.saturating_add(count), count: rest.count - count };
                room -= count;
                if room == 0 {
                    parts.push(std::mem::take(&mut part));
                    room = size.max(1);
                }
            }
        }
        if !part.is_empty() {
            parts.push(part);
        }
        parts
    }

    /// Whether the runs are what [`Oids::push`] makes of ascending OIDs above 0: an archive may say
    /// anything.
    pub fn is_in_order(&self) -> bool {
        let whole = |run: &OidRun| {
            run.first > 0 && run.count > 0 && run.first.checked_add(run.count - 1).is_some()
        };
        self.0.iter().all(whole) && self.0.is_sorted_by(|a, b| a.last() < b.first)
    }
}

/// What only entries of large objects have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LargeObjects {
    /// For LARGE OBJECT METADATA: the large objects, which have one owner and the same privileges.
    #[n(0)]
    pub oids: Oids,
    /// For LARGE OBJECTS: bytes of a page, the unit of `pageno`; 0 elsewhere.
    #[n(1)]
    pub page_bytes: u32,
}

impl LargeObjects {
    /// Whether pages have a size that servers have: a quarter of a block of 1 to 32 KiB.
    pub fn has_pages(&self) -> bool {
        (256..=8192).contains(&self.page_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oids(list: impl IntoIterator<Item = u32>) -> Oids {
        let mut oids = Oids::default();
        list.into_iter().for_each(|oid| oids.push(oid));
        oids
    }

    #[test]
    fn consecutive_oids_are_one_run() {
        let oids = oids([1, 2, 3, 7, 9, 10, u32::MAX]);
        let runs: Vec<(u32, u32)> = oids.runs().iter().map(|run| (run.first, run.count)).collect();
        assert_eq!(runs, [(1, 3), (7, 1), (9, 2), (u32::MAX, 1)]);
        assert_eq!(oids.iter().collect::<Vec<u32>>(), [1, 2, 3, 7, 9, 10, u32::MAX]);
        assert_eq!((oids.count(), oids.ends()), (7, Some((1, u32::MAX))));
        let among: Vec<u32> = (0..12).filter(|&oid| oids.contains(oid)).collect();
        assert_eq!(among, [1, 2, 3, 7, 9, 10]);
        assert!(oids.is_in_order() && oids.contains(u32::MAX));
    }

    #[test]
    fn a_union_has_each_oid_once_and_is_never_spelled_out() {
        let all = Oids(vec![OidRun { first: 1, count: u32::MAX }]);
        let union = Oids::union([&all, &oids([5, 9]), &all].into_iter());
        assert_eq!(union.runs(), all.runs());
        assert_eq!((union.count(), union.in_common(&oids([7, 8]))), (u64::from(u32::MAX), 2));
        let union = Oids::union([&oids([3, 7, 8]), &oids([1, 2, 8, 9, 20])].into_iter());
        assert_eq!(union.iter().collect::<Vec<_>>(), [1, 2, 3, 7, 8, 9, 20]);
        assert_eq!(union.runs().len(), 3);
    }

    #[test]
    fn parts_are_full_and_hold_everything() {
        let all = oids([1, 2, 3, 4, 5, 8, 9, 20]);
        let parts = all.parts(3);
        let counts: Vec<u64> = parts.iter().map(Oids::count).collect();
        assert_eq!(counts, [3, 3, 2]);
        let joined: Vec<u32> = parts.iter().flat_map(Oids::iter).collect();
        assert_eq!(joined, all.iter().collect::<Vec<u32>>());
        assert_eq!(Oids::default().parts(3), Vec::new());
    }

    #[test]
    fn runs_that_no_dump_writes_are_noticed() {
        let runs = |list: &[(u32, u32)]| {
            Oids(list.iter().map(|&(first, count)| OidRun { first, count }).collect())
        };
        for wrong in
            [&[(0, 1)][..], &[(5, 0)], &[(u32::MAX, 2)], &[(1, 5), (3, 1)], &[(9, 1), (1, 1)]]
        {
            assert!(!runs(wrong).is_in_order(), "{wrong:?}");
        }
        assert!(runs(&[(1, 5), (6, 1)]).is_in_order());
    }
}
