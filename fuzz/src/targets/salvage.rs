//! Salvage: whatever is left of an archive, what is made of it is one.

use pgx_core::archive::{FileReader, Item, Remains};
use pgx_core::chunk::Unpacker;
use pgx_core::connect::Interrupt;
use pgx_core::event::Silent;
use pgx_core::salvage::{State, Survey};
use pgx_core::{Code, Error};

use crate::assemble::repair;
use crate::input::Input;
use crate::outcome::Outcome;

/// What is made right, and an archive, as for `archive`.
pub(super) fn run(input: &[u8]) -> Outcome {
    let mut input = Input::new(input);
    let how = input.choice(&super::archive::REPAIRS);
    salvage(&repair(input.rest(), how))
}

fn salvage(bytes: &[u8]) -> Outcome {
    let survey = Remains::of_bytes(bytes.to_vec())
        .and_then(|remains| Survey::of(remains, &Interrupt::new(), &Silent));
    let survey = match survey {
        Ok(survey) => survey,
        Err(error) => {
            judge(&error);
            return Outcome::default().said(Some(error.what()));
        }
    };
    let mut outcome = Outcome::default();
    for partial in [false, true] {
        let plan = survey.plan(partial);
        let written = survey.write(&plan, Vec::new(), &Interrupt::new(), &Silent);
        let (repaired, totals) = written.expect("what was found is written");
        assert_eq!(rows(repaired), totals.rows, "the rows are all there");
        outcome = outcome.counted(plan.entries()).counted(plan.left_out().len());
    }
    let whole = survey.tables().iter().filter(|table| table.state == State::Whole);
    outcome.counted(whole.count())
}

/// The rows of an archive, which is right.
fn rows(bytes: Vec<u8>) -> u64 {
    let reader = FileReader::of_bytes(bytes).expect("a repaired archive opens");
    let mut unpacker = Unpacker::new().expect("the codecs exist");
    let mut rows = 0;
    for item in reader.items() {
        if let Item::Chunk(stored) = item.expect("a repaired archive is whole") {
            let chunk = unpacker.unpack(&stored).expect("a chunk that was read is read again");
            rows += u64::from(chunk.head.rows);
        }
    }
    rows
}

fn judge(error: &Error) {
    let fits = error.code().exit_code() == 7 && error.code() != Code::InputFailed;
    assert!(fits, "{error:?}");
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    super::archive::seeds()
}
