//! What the last close of a descriptor does, it does at once: nobody else has kept the file open.

mod ends;
mod locks;

use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;

pub const FAMILY: Family = Family {
    name: "closing",
    on: FileSystem::HOME,
    cases: &[
        case!(ends::after_receiving),
        case!(ends::after_sending),
        case!(ends::after_a_look),
        case!(ends::after_accepting),
        case!(ends::after_connecting),
        case!(ends::after_a_failure),
        case!(ends::of_a_descriptor_that_was_sent),
        case!(locks::after_locking),
        case!(locks::after_reading),
    ],
};

/// Often enough for whoever is late.
const ROUNDS: usize = 30;
