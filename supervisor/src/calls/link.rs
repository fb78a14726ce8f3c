//! readlink, readlinkat: readlink(2).

use super::stage::outcome;
use super::{Args, Call, Native, Reply, Stage};
use crate::lookup::Place;
use crate::sys::file;

#[derive(Debug)]
pub struct Readlink {
    place: Place,
    out: u64,
    size: usize,
}

/// No link is longer: `PATH_MAX`.
const LONGEST: i32 = libc::PATH_MAX;

pub fn readlink(args: &mut Args<'_>) -> Result<Readlink, Native> {
    checked(args.place(0)?, args.raw(1), args.int(2))
}

pub fn readlinkat(args: &mut Args<'_>) -> Result<Readlink, Native> {
    checked(args.place_at(0, 1)?, args.raw(2), args.int(3))
}

fn checked(place: Place, out: u64, size: i32) -> Result<Readlink, Native> {
    match size.min(LONGEST) {
        ..=0 => Err(Native::Undecodable),
        size => Ok(Readlink {
            place,
            out,
            size: size.unsigned_abs() as usize,
        }),
    }
}

impl Call for Readlink {
    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let Readlink { place, out, size } = self;
        let entry = place.enter()?;
        if entry.has_slash() {
            // It would be followed.
            return Err(Native::Link);
        }
        stage.look(&entry)?;
        let mut buffer = vec![0; size];
        let result = file::readlinkat(entry.dir(), entry.name(), &mut buffer);
        Ok(match outcome(result)? {
            Ok(len) => {
                buffer.truncate(len);
                Reply::with_memory(len as i64, out, buffer)
            }
            Err(errno) => Reply::error(errno),
        })
    }
}
