//! Twin runs: the same closure natively and under asys, and everything it saw compared.
//!
//! A *case* is a function of a [`Twin`](twin::Twin). A family's test binary (`tests/open.rs` …) runs each of its
//! cases twice, by re-executing itself: natively, and under `asys run -p @all`. Both runs stand in the same
//! directory, one after the other, so that even absolute paths are equal. What the case saw (returns, errnos, data)
//! goes into a [transcript](transcript), what it left behind is a [tree](tree): both must be equal, line by line.
//! The kernel is the oracle: no case says what the answer should be.
//!
//! The families about files are run on four file systems ([`FileSystem`](filesystem::FileSystem)): where temporary files
//! are (`open::o_creat`), on a tmpfs (`tmpfs::open::o_creat`), an overlay and a FUSE [mirror](mirror) of a directory. As
//! root each run has its own, mounted on a [stage](stage) that vanishes with it. Elsewhere than at home the comparison
//! alone counts, not which errnos a case's table promises. `tests/fuse.rs` asks the mirror what it was asked.
//!
//! What a case needs and this machine or user has not is a skip: shown as ignored with its reason, said on stderr, and
//! appended to the file that `ASYS_SKIPS` names. The suite runs as root and, again, as an ordinary user whose `TMPDIR`
//! is its own. `ASYS_BIN` is the binary under test; `ASYS_TWIN_KEEP` keeps both runs' directories and logs.
//!
//! To look at one case: `cargo test -p asys-tests --test open -- o_creat`, on one file system only: `-- --exact
//! fuse::open::o_creat`, or the child itself, under anything:
//! `strace target/debug/deps/open-… --twin-case open::o_creat /tmp/log` (the log is printed when it is `-`).

pub mod arg;
pub mod asys;
pub mod capabilities;
pub mod case;
pub mod cases;
pub mod cast;
pub mod contents;
pub mod deadline;
pub mod errnos;
pub mod faults;
pub mod filesystem;
pub mod finder;
pub mod landlock;
pub mod launch;
pub mod limits;
pub mod memory;
pub mod mirror;
pub mod mounts;
pub mod nameless;
pub mod needs;
pub mod net;
pub mod other;
pub mod outer;
pub mod path_rows;
pub mod play;
pub mod proc;
pub mod quotas;
pub mod run;
pub mod session;
pub mod siginfo;
pub mod signals;
pub mod skips;
pub mod stage;
pub mod stamps;
pub mod suite;
pub mod terminal;
pub mod thirty_two_bits;
pub mod transcript;
pub mod tree;
pub mod twin;
pub mod uring;
pub mod users;
pub mod word;
