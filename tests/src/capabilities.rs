//! Capabilities a case gives up: capget(2), capset(2).

use crate::args;
use crate::twin::Twin;
use libc::{SYS_capget, syscall};

#[repr(C)]
#[derive(Debug)]
pub struct Header {
    version: u32,
    pid: i32,
}

/// Of the calling thread, by the third version of the call.
pub static OWN: Header = Header {
    version: 0x2008_0522,
    pid: 0,
};

pub const CAP_CHOWN: u32 = 0;
pub const CAP_DAC_OVERRIDE: u32 = 1;
pub const CAP_DAC_READ_SEARCH: u32 = 2;
pub const CAP_FOWNER: u32 = 3;
pub const CAP_FSETID: u32 = 4;
pub const CAP_SYS_CHROOT: u32 = 18;
pub const CAP_SYS_ADMIN: u32 = 21;
pub const CAP_SYS_RESOURCE: u32 = 24;
pub const CAP_MKNOD: u32 = 27;

/// The words of capget: effective, permitted, inheritable, twice.
pub fn capabilities() -> [u32; 6] {
    let mut words = [0; 6];
    // SAFETY: version 3 fills exactly six words.
    unsafe { syscall(SYS_capget, &raw const OWN, words.as_mut_ptr()) };
    words
}

/// Effective without `dropped`; the permitted set is kept.
pub fn set_effective(t: &mut Twin, dropped: &[u32]) {
    let mut words = capabilities();
    (words[0], words[3]) = (words[1], words[4]);
    for capability in dropped {
        words[0] &= !(1 << capability);
    }
    t.call("capset", args![&raw const OWN, words.as_ptr()]);
}

/// Permitted and effective, none of them inheritable.
pub fn set_capabilities(t: &mut Twin, only: &[u32]) {
    let kept = only
        .iter()
        .fold(0, |kept, capability| kept | 1 << capability);
    let words = [kept, kept, 0, 0, 0, 0];
    t.call("capset", args![&raw const OWN, words.as_ptr()]);
}
