//! Files that somebody executes, leases or has mounted.

use super::ways::{ALL, each_way, open_by};
use crate::arg::Arg;
use crate::cases::world;
use crate::path_rows::OpenHow;
use crate::twin::Twin;
use crate::{args, mounts, signals};
use libc::*;
use std::ffi::CString;
use std::fs;
use std::process::Command;

pub fn running_program(t: &mut Twin) {
    let mut child = world::running_program();
    for flags in [
        O_WRONLY,
        O_RDWR,
        O_RDONLY | O_TRUNC,
        O_WRONLY | O_TRUNC,
        O_RDONLY,
        O_PATH,
    ] {
        each_way(t, c"prog", flags, 0);
    }
    open_by(t, "creat", c"prog", 0, 0o755);
    t.note("ended", child.wait().expect("prog"));
    each_way(t, c"prog", O_WRONLY, 0);
    // Written by this program and run at once: nobody may still hold it open for writing.
    for i in 0..50 {
        let name = CString::new(format!("p{i}")).expect("name");
        let fd = open_by(t, ALL[i % 3], &name, O_CREAT | O_WRONLY, 0o755);
        let script = b"#!/bin/sh\nexit 7\n";
        t.call("write", args![fd, script, script.len()]);
        t.close(fd);
        let ran = Command::new(format!("./p{i}")).status();
        t.note("ran", format!("{ran:?}"));
    }
}

pub fn leased(t: &mut Twin) {
    signals::catch(nix::sys::signal::Signal::SIGIO);
    for lease in [F_WRLCK, F_RDLCK] {
        world::file("file", "");
        let fd = open_by(t, "open", c"file", O_RDONLY, 0);
        t.call("fcntl", args![fd, F_SETLEASE, lease]);
        for flags in [O_RDONLY, O_WRONLY, O_RDWR | O_TRUNC] {
            each_way(t, c"file", O_NONBLOCK | flags, 0);
        }
        t.note("the holder was told", signals::caught() > 0);
        t.call("fcntl", args![fd, F_SETLEASE, F_UNLCK]);
        each_way(t, c"file", O_NONBLOCK | O_WRONLY, 0);
        t.close(fd);
    }
}

pub fn mounted_device(t: &mut Twin) {
    world::dir("m");
    mounts::ext4("m", 1024, || (), &[]);
    let table = fs::read_to_string("/proc/self/mountinfo").expect("mountinfo");
    let ours = table.lines().last().expect("our mount");
    let device = ours
        .split(' ')
        .find(|word| word.starts_with("/dev/loop"))
        .expect("a loop device");
    let device = CString::new(device).expect("path");
    for row in ALL {
        // Which of the loop devices it is differs from run to run.
        let flags = O_RDWR | O_EXCL;
        let how = OpenHow::flags(flags);
        let path = Arg::at(device.as_ptr() as usize, "our loop device");
        let _ = match row {
            "open" => t.opened(row, args![path, flags]),
            "openat" => t.opened(row, args![AT_FDCWD, path, flags]),
            _ => t.opened(row, args![AT_FDCWD, path, how.arg(), size_of_val(&how)]),
        };
    }
    nix::mount::umount("m").expect("umount");
}
