//! Counting memory: alone in its process, because the allocator counts for all of it.

use pgx_fuzz::watch;

#[test]
fn memory_is_what_was_held_at_once() {
    let (sum, one) = watch::memory(|| (0..20).map(|_| vec![1_u8; 1 << 20].len()).sum::<usize>());
    assert_eq!(sum, 20 << 20);
    assert!((1 << 20..8 << 20).contains(&one), "{one}");
    let (_, all) = watch::memory(|| (0..20).map(|_| vec![1_u8; 1 << 20]).collect::<Vec<_>>());
    assert!(all >= 20 << 20, "{all}");
}
