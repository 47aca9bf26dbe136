//! Asking this process to stop: signals set a flag, so that every guard runs on the way out.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

static REASON: OnceLock<Arc<AtomicUsize>> = OnceLock::new();

fn reason() -> &'static Arc<AtomicUsize> {
    REASON.get_or_init(Arc::default)
}

/// From now on SIGINT, SIGTERM and SIGHUP only set the flag.
pub(crate) fn listen() -> Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        let number = usize::try_from(signal)?;
        signal_hook::flag::register_usize(signal, Arc::clone(reason()), number)?;
    }
    Ok(())
}

/// Stops this process as SIGTERM would.
pub(crate) fn request() {
    reason().store(usize::try_from(SIGTERM).expect("signals are positive"), Ordering::SeqCst);
}

/// Whether a stop was asked for.
pub(crate) fn requested() -> bool {
    reason().load(Ordering::SeqCst) != 0
}

/// Whether a terminal asked, which tells the children of this process by itself.
pub(crate) fn by_terminal() -> bool {
    reason().load(Ordering::SeqCst) == usize::try_from(SIGINT).expect("signals are positive")
        && std::io::stdin().is_terminal()
}

/// An error when a stop was asked for.
pub(crate) fn check() -> Result<()> {
    if requested() {
        bail!("interrupted");
    }
    Ok(())
}

/// What a shell reports of a process that died of the signal.
pub(crate) fn exit_code() -> u8 {
    u8::try_from(128 + reason().load(Ordering::SeqCst)).unwrap_or(u8::MAX)
}
