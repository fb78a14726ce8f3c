//! How large a file may become: setrlimit(2).

use crate::twin::Twin;
use libc::RLIM_INFINITY;
use nix::sys::resource::{Resource, setrlimit};

/// From here on no file may be made longer; [`any_file_size`] takes it back.
pub fn file_size(most: u64) {
    setrlimit(Resource::RLIMIT_FSIZE, most, RLIM_INFINITY).expect("limit");
}

pub fn any_file_size() {
    file_size(RLIM_INFINITY);
}

/// In a child that dies of what it does, because nobody catches SIGXFSZ; without a core.
pub fn dies_of_file_size(t: &mut Twin, who: &str, most: u64, body: impl FnOnce(&mut Twin)) {
    t.fork(who, |t| {
        setrlimit(Resource::RLIMIT_CORE, 0, 0).expect("limit");
        setrlimit(Resource::RLIMIT_FSIZE, most, most).expect("limit");
        body(t);
        t.note("not", "reached");
    });
}
