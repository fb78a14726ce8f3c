//! What an actor writes down: of each call what it gave back and wrote, and in the end what has become of the actor.

use crate::finder::actor::{Actor, LOOKED_AT, raw, surely};
use crate::finder::arena::{self, Laid};
use crate::finder::language::{Arg, Step};
use crate::finder::signals;

impl Actor {
    pub(super) fn record(&self, number: usize, ret: i64, caught: u32, step: &Step, laid: &Laid) {
        let mut record = Vec::with_capacity(64);
        record.extend((number as u32).to_ne_bytes());
        record.extend(ret.to_ne_bytes());
        record.extend(caught.to_ne_bytes());
        for (i, bytes) in laid.written() {
            let torn = step.shape.args[i].is_structure() && matches!(step.args[i], Arg::Out(_));
            // Half of a structure may have an inode number in it.
            let bytes = if torn {
                Vec::new()
            } else {
                told(&step.args[i], ret, &bytes)
            };
            blob(&mut record, &bytes);
        }
        self.log(record);
    }

    pub(super) fn log(&self, record: Vec<u8>) {
        let mut whole = (record.len() as u32).to_ne_bytes().to_vec();
        whole.extend(record);
        self.block.log(self.me, &whole);
    }

    /// What the sequence has made of this actor: its directory, umask, ids and descriptors.
    pub(super) fn look_back(&self, number: usize) {
        let mut record = Vec::with_capacity(256);
        record.extend((number as u32).to_ne_bytes());
        let umask = surely(libc::SYS_umask, [0; 6]);
        surely(libc::SYS_umask, [umask as u64, 0, 0, 0, 0, 0]);
        record.extend(umask.to_ne_bytes());
        record.extend(signals::caught(self.me).to_ne_bytes());
        let mut cwd = [0u8; 4096];
        let length = raw(
            libc::SYS_getcwd,
            [cwd.as_mut_ptr() as u64, 4096, 0, 0, 0, 0],
        );
        blob(&mut record, &cwd[..length.max(0) as usize]);
        let ids = [
            libc::SYS_getuid,
            libc::SYS_geteuid,
            libc::SYS_getgid,
            libc::SYS_getegid,
        ]
        .map(crate::finder::actor::own_id);
        blob(&mut record, &ids.map(i32::to_ne_bytes).concat());
        for fd in 0..LOOKED_AT {
            blob(&mut record, &descriptor(fd));
        }
        self.log(record);
    }
}

fn blob(record: &mut Vec<u8>, bytes: &[u8]) {
    record.extend((bytes.len() as u32).to_ne_bytes());
    record.extend(bytes);
}

/// As much of what a call has written as is worth telling.
fn told(arg: &Arg, ret: i64, bytes: &[u8]) -> Vec<u8> {
    const WHOLE: usize = 300;
    match arg {
        _ if arena::is_untouched(bytes) => Vec::new(),
        Arg::Dents(_) | Arg::Dents64(_) | Arg::Events(_) if ret > 0 => {
            bytes[..ret as usize].to_vec()
        }
        Arg::Out(_) if numbered(bytes) => bytes[..bytes.len().min(40)].to_vec(),
        Arg::Out(_) | Arg::Parts(_) if bytes.len() > WHOLE => {
            use std::hash::{DefaultHasher, Hash, Hasher};
            let mut hasher = DefaultHasher::new();
            bytes.hash(&mut hasher);
            [&bytes[..40], &hasher.finish().to_ne_bytes()].concat()
        }
        _ => bytes.to_vec(),
    }
}

/// The name of a descriptor that has no other, as readlink(2) writes it.
fn numbered(bytes: &[u8]) -> bool {
    [&b"pipe:["[..], b"socket:[", b"anon_inode:["]
        .iter()
        .any(|kind| bytes.starts_with(kind))
}

/// Flags, position, and what it is; empty when there is none.
fn descriptor(fd: i32) -> Vec<u8> {
    let fcntl = |command: i32| raw(libc::SYS_fcntl, [fd as u64, command as u64, 0, 0, 0, 0]);
    let flags = fcntl(libc::F_GETFD);
    if flags < 0 {
        return Vec::new();
    }
    let at = raw(
        libc::SYS_lseek,
        [fd as u64, 0, libc::SEEK_CUR as u64, 0, 0, 0],
    );
    let mut stat = [0u8; size_of::<libc::stat>()];
    let looked = surely(
        libc::SYS_fstat,
        [fd as u64, stat.as_mut_ptr() as u64, 0, 0, 0, 0],
    );
    let numbers = [flags, fcntl(libc::F_GETFL), at, looked]
        .map(i64::to_ne_bytes)
        .concat();
    [&numbers[..], &stat].concat()
}
