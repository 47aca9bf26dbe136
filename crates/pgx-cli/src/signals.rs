//! Ctrl-C and `kill`: the first one ends the work in good order, the second one at once.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use pgx_core::connect::Interrupt;
use pgx_core::{Code, Error, Result};
use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;

/// Files to remove when the process ends without unwinding.
#[derive(Clone, Default)]
pub(crate) struct Leftovers(Arc<Mutex<Vec<PathBuf>>>);

impl Leftovers {
    /// Makes a temporary file known.
    pub(crate) fn add(&self, path: PathBuf) {
        if let Ok(mut paths) = self.0.lock() {
            paths.push(path);
        }
    }

    /// Removes what is still there. A file that was given its final name has left its temporary one.
    fn remove(&self) {
        let paths = self.0.lock().map(|paths| paths.clone()).unwrap_or_default();
        for path in paths {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Listens from now on.
///
/// # Errors
/// The system refuses to register the handlers.
pub(crate) fn listen(interrupt: &Interrupt, leftovers: &Leftovers) -> Result<()> {
    let failed = |error| Error::internal("signals cannot be received").source(error);
    // A file at its size limit is an error of its write, which cleans up; the signal would not.
    signal_hook::flag::register(SIGXFSZ, Arc::default()).map_err(failed)?;
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(failed)?;
    let (interrupt, leftovers) = (interrupt.clone(), leftovers.clone());
    let watch = move || {
        let mut first = true;
        for signal in signals.forever() {
            if !std::mem::take(&mut first) {
                leftovers.remove();
                std::process::exit(exit_code(signal));
            }
            // Asking every server to cancel may take a while; the second signal must not wait for it.
            let interrupt = interrupt.clone();
            std::thread::spawn(move || interrupt.trigger(signal));
        }
    };
    std::thread::Builder::new().name("signals".into()).spawn(watch).map_err(failed)?;
    Ok(())
}

fn exit_code(signal: i32) -> i32 {
    let code = if signal == SIGINT { Code::Interrupted } else { Code::Terminated };
    i32::from(code.exit_code())
}
