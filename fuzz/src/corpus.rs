//! The corpora in the repository: `fuzz/corpus/TARGET/NAME.bin`.

use std::io;
use std::path::{Path, PathBuf};
use std::{fs, hash};

use crate::targets::Target;

/// The folder of a target's corpus.
pub fn folder(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name)
}

/// The files of a target's corpus and what they hold, by name.
///
/// # Errors
/// A file cannot be read.
pub fn files(target: &Target) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let listed = match fs::read_dir(folder(target)) {
        Ok(listed) => listed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut paths = listed.map(|file| Ok(file?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    paths.into_iter().map(|path| fs::read(&path).map(|bytes| (path, bytes))).collect()
}

/// The seeds of a target and its corpus: where exploring begins.
///
/// # Errors
/// A file cannot be read.
pub fn inputs(target: &Target) -> io::Result<Vec<Vec<u8>>> {
    let mut inputs = (target.seeds)();
    inputs.extend(files(target)?.into_iter().map(|(_, bytes)| bytes));
    Ok(inputs)
}

/// Writes an input into `folder` under a name of its own; where.
///
/// # Errors
/// The file cannot be written.
pub fn keep(folder: &Path, prefix: &str, input: &[u8]) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let mut hasher = hash::DefaultHasher::new();
    hash::Hasher::write(&mut hasher, input);
    let path = folder.join(format!("{prefix}{:016x}.bin", hash::Hasher::finish(&hasher)));
    fs::write(&path, input)?;
    Ok(path)
}
