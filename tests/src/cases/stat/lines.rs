//! The calls, and all that they tell.

use crate::arg::Arg;
use crate::args;
use crate::twin::{Twin, blank};
use libc::*;

pub fn statx_line(t: &mut Twin, st: &libc::statx) {
    let inode = t.inode(makedev(st.stx_dev_major, st.stx_dev_minor), st.stx_ino);
    t.note(
        "statx",
        format_args!(
            "{inode} mask {:x} mode {:o} nlink {} uid {} gid {} size {} blksize {} rdev {}:{} attributes {:x} of {:x} birth {}",
            st.stx_mask,
            st.stx_mode,
            st.stx_nlink,
            st.stx_uid,
            st.stx_gid,
            st.stx_size,
            st.stx_blksize,
            st.stx_rdev_major,
            st.stx_rdev_minor,
            st.stx_attributes,
            st.stx_attributes_mask,
            st.stx_btime.tv_sec != 0,
        ),
    );
}

pub fn statx(t: &mut Twin, dir: impl Into<Arg>, path: impl Into<Arg>, flags: i32, mask: u32) {
    let mut st: libc::statx = blank();
    let (dir, path) = (dir.into(), path.into());
    if t.call("statx", args![dir, path, flags, mask, &raw mut st]) == 0 {
        statx_line(t, &st);
    }
}

pub fn newfstatat(t: &mut Twin, dir: impl Into<Arg>, path: impl Into<Arg>, flags: u32) {
    let mut st: libc::stat = blank();
    let (dir, path) = (dir.into(), path.into());
    if t.call("newfstatat", args![dir, path, &raw mut st, flags]) == 0 {
        t.stat("newfstatat", &st);
    }
}
