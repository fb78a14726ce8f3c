//! What a call leaves for the target: a value or errno, bytes, a descriptor.

use super::Part;
use nix::errno::Errno;
use std::os::fd::OwnedFd;

/// The result of a call, as data: [`crate::inject`] puts it into the target.
#[derive(Debug)]
pub struct Reply {
    pub result: Result<i64, Errno>,
    pub memory: Vec<Patch>,
    /// More bytes than are held at once; their count becomes the value.
    pub stream: Option<Stream>,
    /// To be installed; its number there becomes the value.
    pub file: Option<NewFile>,
    /// How to take the call back when the bytes cannot be delivered.
    pub undo: Option<Undo>,
    /// It cannot be taken back: the answer then, as the kernel's.
    pub fault: Option<Errno>,
}

/// Bytes for the target's memory.
#[derive(Debug)]
pub struct Patch {
    pub address: u64,
    pub bytes: Vec<u8>,
}

/// Bytes of a file, to be read while they are put into the target's memory.
#[derive(Debug)]
pub struct Stream {
    pub file: OwnedFd,
    pub offset: u64,
    /// Where they go.
    pub parts: Vec<Part>,
    /// By how many bytes the shared file position has been moved for it.
    pub claimed: u64,
}

/// A file for the target's table.
#[derive(Debug)]
pub struct NewFile {
    pub file: OwnedFd,
    pub close_on_exec: bool,
}

/// How to restore the shared file position: lseek(2).
#[derive(Debug)]
pub struct Undo {
    pub file: OwnedFd,
    pub to: Position,
}

/// A file position to go back to.
#[derive(Clone, Copy, Debug)]
pub enum Position {
    At(i64),
    /// By as many bytes as were read.
    Back(i64),
}

impl Reply {
    #[must_use]
    pub fn new(result: Result<i64, Errno>) -> Reply {
        Reply {
            result,
            memory: Vec::new(),
            stream: None,
            file: None,
            undo: None,
            fault: None,
        }
    }

    #[must_use]
    pub fn error(errno: Errno) -> Reply {
        Reply::new(Err(errno))
    }

    /// Success without a value.
    #[must_use]
    pub fn done(result: Result<(), Errno>) -> Reply {
        Reply::new(result.map(|()| 0))
    }

    #[must_use]
    pub fn with_memory(value: i64, address: u64, bytes: Vec<u8>) -> Reply {
        Reply {
            memory: vec![Patch { address, bytes }],
            ..Reply::new(Ok(value))
        }
    }

    #[must_use]
    pub fn with_file(file: OwnedFd, close_on_exec: bool) -> Reply {
        Reply {
            file: Some(NewFile {
                file,
                close_on_exec,
            }),
            ..Reply::new(Ok(0))
        }
    }
}
