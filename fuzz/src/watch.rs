//! Limits on one execution, kept from outside of it: time by a thread that watches, memory by the
//! allocator, and the input at hand in a file, should the process die of it.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use peak_alloc::PeakAlloc;

/// Counts what Rust code allocates. What zstd takes in C is bounded by its window, and by the limit on
/// the address space.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// How long an execution may take.
pub const TIME_LIMIT: Duration = Duration::from_secs(5);
/// How much more memory an execution may take than there was in use before.
pub const MEMORY_LIMIT: usize = 64 << 20;
/// The exit code of a process in which an execution took too long.
pub const HUNG: i32 = 3;

const POLL: Duration = Duration::from_millis(100);

/// The result of `work`, and the bytes that it took at most over what was in use before. One at a
/// time, since the allocator counts for the whole process.
pub fn memory<T>(work: impl FnOnce() -> T) -> (T, usize) {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let result = work();
    (result, MEMORY.peak_usage().saturating_sub(before))
}

/// Ends the process when one execution takes longer than [`TIME_LIMIT`].
pub struct Watch {
    current: File,
    path: PathBuf,
    executions: Arc<AtomicU64>,
    done: Arc<AtomicBool>,
}

impl Watch {
    /// Begins to watch executions; the input at hand is in the file `path`.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn begin(path: &Path) -> io::Result<Watch> {
        let watch = Watch {
            current: File::create(path)?,
            path: path.to_owned(),
            executions: Arc::default(),
            done: Arc::default(),
        };
        let (executions, done) = (watch.executions.clone(), watch.done.clone());
        let path = watch.path.clone();
        thread::spawn(move || look_on(&executions, &done, &path));
        Ok(watch)
    }

    /// Says that an execution of `input` begins.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn next(&self, input: &[u8]) -> io::Result<()> {
        self.current.set_len(input.len() as u64)?;
        self.current.write_all_at(input, 0)?;
        self.executions.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        // The file is there for a process that died; this one did not.
        let _ = fs::remove_file(&self.path);
    }
}

fn look_on(executions: &AtomicU64, done: &AtomicBool, path: &Path) {
    let (mut seen, mut waited) = (0, Duration::ZERO);
    while !done.load(Ordering::Relaxed) {
        thread::sleep(POLL);
        let now = executions.load(Ordering::Relaxed);
        waited = if now == seen { waited + POLL } else { Duration::ZERO };
        seen = now;
        if waited > TIME_LIMIT {
            eprintln!("hang: an execution took more than {TIME_LIMIT:?}: {}", path.display());
            std::process::exit(HUNG);
        }
    }
}
