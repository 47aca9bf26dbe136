//! What is left of damaged archives: whatever is found is right, and all of a whole archive is.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::{fs, process};

use pgx_core::Code;
use pgx_core::archive::{FileReader, Remains};
use pgx_core::chunk::Unpacker;

use super::archive;
use crate::assemble::repair;
use crate::input::Input;
use crate::outcome::Outcome;

static PATH: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("pgx-fuzz-salvage-{}", process::id())));

/// As for whole archives: what is made right, and an archive.
pub(super) fn run(input: &[u8]) -> Outcome {
    let mut input = Input::new(input);
    let how = input.choice(&archive::REPAIRS);
    let bytes = repair(input.rest(), how);
    fs::write(&*PATH, &bytes).expect("the folder for temporary files takes a file");
    let remains = Remains::read(&PATH, &mut || Ok(()));
    fs::remove_file(&*PATH).expect("the file is there");
    let whole = FileReader::of_bytes(bytes);
    let whole = whole.is_ok_and(|reader| reader.items().all(|item| item.is_ok()));
    match remains {
        Ok(remains) => left(&remains, whole),
        Err(error) => {
            assert!(!whole, "nothing is left of a whole archive: {error:?}");
            let fits = error.code().exit_code() == 7 && error.code() != Code::InputFailed;
            assert!(fits, "{error:?}");
            Outcome::default().said(error.what())
        }
    }
}

fn left(remains: &Remains, whole: bool) -> Outcome {
    assert!(!whole || remains.damage().is_nothing(), "a whole archive: {:?}", remains.damage());
    assert!(!whole || remains.missing().is_nothing(), "a whole archive: {:?}", remains.missing());
    let mut unpacker = Unpacker::new().expect("the codecs exist");
    let mut outcome = Outcome::default().counted(remains.damage().places as usize);
    for entry in remains.toc() {
        for (key, piece) in remains.pieces(entry.id) {
            assert!(!whole || piece.whole, "a chunk of a whole archive is not whole");
            outcome = outcome.counted(usize::from(piece.whole)).counted(piece.rows as usize);
            if piece.whole {
                let chunk = remains.chunk(key).expect("a whole chunk is read");
                outcome = outcome.counted(usize::from(unpacker.unpack(&chunk).is_ok()));
            }
        }
    }
    outcome.counted(remains.strays().len())
}
