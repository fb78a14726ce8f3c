//! select, pselect6.

mod masks;
mod memory;
mod sets;
mod signals;
mod times;

use crate::arg::Arg;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::twin::Twin;
use libc::*;

pub const FAMILY: Family = Family {
    name: "select",
    on: FileSystem::HOME,
    cases: &[
        case!(sets::kinds),
        case!(sets::closed).each_sees(&ROWS, &[EBADF]),
        case!(sets::bits_beyond_the_count),
        case!(sets::counts).each_sees(&ROWS, &[EINVAL]),
        case!(sets::high_numbers),
        case!(sets::exceptional),
        case!(sets::the_same_set_twice),
        case!(memory::bad_sets).each_sees(&ROWS, &[EFAULT]),
        case!(memory::cannot_be_written).each_sees(&ROWS, &[EFAULT]),
        case!(memory::bad_times).each_sees(&ROWS, &[EFAULT, EINVAL]),
        case!(memory::bad_masks).sees(&[("pselect6", &[EFAULT, EINVAL])]),
        case!(times::short),
        case!(times::what_is_left),
        case!(times::until_something_comes),
        case!(masks::pending).sees(&[("pselect6", &[EINTR])]),
        case!(masks::swapped).sees(&[("pselect6", &[EINTR])]),
        case!(masks::ready_and_pending),
        case!(signals::interrupted).each_sees(&ROWS, &[EINTR]),
        case!(signals::never_restarted).each_sees(&ROWS, &[EINTR]),
        case!(signals::of_no_consequence),
        case!(signals::stopped),
        case!(signals::stopped_with_a_timeout),
    ],
};

const ROWS: [&str; 2] = ["select", "pselect6"];

/// 1024 bits, as fd_set has them.
type Bits = [u64; 16];

fn bits(fds: &[i64]) -> Bits {
    let mut bits = [0; 16];
    for fd in fds {
        bits[*fd as usize / 64] |= 1 << (fd % 64);
    }
    bits
}

fn shown(set: &Bits) -> String {
    let numbers = (0..1024).filter(|fd| set[fd / 64] >> (fd % 64) & 1 == 1);
    numbers.map(|fd| format!("{fd} ")).collect()
}

/// What is asked about reading, writing and the rest; no time is for ever.
struct Asked {
    sets: [Box<Bits>; 3],
    time: Box<[i64; 2]>,
    for_ever: bool,
}

impl Asked {
    fn of(sets: [&[i64]; 3]) -> Self {
        Self {
            sets: sets.map(|fds| Box::new(bits(fds))),
            time: Box::new([0, 0]),
            for_ever: true,
        }
    }

    /// Not longer than so many milliseconds.
    fn within(mut self, milliseconds: i64) -> Self {
        *self.time = [milliseconds / 1000, milliseconds % 1000];
        self.for_ever = false;
        self
    }

    /// The fraction in the unit that this row counts in.
    fn unit(row: &str) -> i64 {
        if row == "select" { 1000 } else { 1_000_000 }
    }

    fn time(&self) -> Arg {
        match self.for_ever {
            true => 0.into(),
            false => Arg::at(self.time.as_ptr() as usize, "time"),
        }
    }

    fn call(mut self, t: &mut Twin, row: &str, count: i64) -> i64 {
        let before = *self.time;
        self.time[1] *= Self::unit(row);
        let asked = self.time[1];
        let [reads, writes, others] = &self.sets;
        let set = |bits: &Bits| Arg::at(bits.as_ptr() as usize, format!("{{{}}}", shown(bits)));
        let time = self.time();
        let done = t.call(
            row,
            args![count, set(reads), set(writes), set(others), &time, 0],
        );
        for set in &self.sets {
            t.note("set", shown(set));
        }
        let left = (self.time[0], self.time[1]);
        let untouched = left == (before[0], asked);
        // How much is left differs; that it is not more, and not less than nothing, does not.
        let sane = left <= (before[0], asked) && left >= (0, 0);
        t.note("no more is left", sane);
        if row == "pselect6" || done < 0 && -done != i64::from(EINTR) {
            t.note("untouched", untouched);
        }
        done
    }
}
