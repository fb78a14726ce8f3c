//! A sequence of calls: who makes them, with what.

use crate::finder::shapes::Shape;

/// Threads and processes that may take part. The first one is there from the start.
pub const ACTORS: usize = 4;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    /// As it stands in the register.
    Number(i64),
    /// The length of what the argument before it points to.
    Len,
    /// A string of bytes and a NUL; `@` at its start is the directory of the sequence.
    Text(Vec<u8>),
    /// A name of so many `x`.
    Long(u32),
    /// So many times `./`, then `f`.
    Deep(u32),
    Wild(Wild),
    /// So many bytes to be read by the call.
    Data(u32),
    /// Room for so many.
    Out(u32),
    Stat,
    Statx,
    Statfs,
    /// Room for directory entries, as getdents and getdents64 write them.
    Dents(u32),
    Dents64(u32),
    /// Room for events of inotify(7).
    Events(u32),
    /// A `struct file_handle` with so much room.
    Handle(u32),
    /// Room for a mount ID.
    MountId,
    /// Room for two descriptors.
    Pair,
    /// A position in a file, read and written by the call.
    Offset(i64),
    /// Seconds and their parts, one or two of them.
    Times(Vec<(i64, i64)>),
    /// A vector of parts.
    Parts(Vec<Arg>),
    /// `struct open_how`.
    How([i64; 3]),
    /// `struct xattr_args`: a value, its size, flags.
    Value(Box<Arg>, i64),
    /// 32-bit words.
    Words(Vec<u32>),
    /// An address of a socket in the file system.
    Address(Vec<u8>),
    /// The process, or the thread, that an actor is.
    Pid(u8),
    Tid(u8),
}

/// Addresses at which nothing is, or may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wild {
    Null,
    One,
    NoAccess,
    ReadOnly,
    Kernel,
    NonCanonical,
    Top,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub actor: u8,
    pub shape: &'static Shape,
    pub args: Vec<Arg>,
}

/// Steps made at once by different actors: one, or two whose outcome does not depend on order.
#[derive(Clone, Debug, PartialEq)]
pub struct Round(pub Vec<Step>);

pub type Sequence = Vec<Round>;

impl Round {
    pub fn step_of(&self, actor: usize) -> Option<&Step> {
        self.0.iter().find(|step| usize::from(step.actor) == actor)
    }
}

pub fn steps(sequence: &[Round]) -> usize {
    sequence.iter().map(|round| round.0.len()).sum()
}
