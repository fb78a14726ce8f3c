use super::READS;
use crate::args;
use crate::net::sockets::close;
use crate::net::ways::{receive, send};
use crate::other::meanwhile;
use crate::twin::Twin;
use libc::*;
use nix::pty::openpty;
use nix::sys::termios::{LocalFlags, SetArg, SpecialCharacterIndices, tcgetattr, tcsetattr};
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd};

/// What types, and what is typed at.
fn terminal() -> [i64; 2] {
    let pair = openpty(None, None).expect("openpty");
    [pair.master, pair.slave].map(|fd| i64::from(fd.into_raw_fd()))
}

fn types(fd: i64, bytes: &[u8]) {
    // SAFETY: the case has it open.
    let fd = unsafe { BorrowedFd::borrow_raw(fd as i32) };
    assert_eq!(nix::unistd::write(fd, bytes), Ok(bytes.len()));
}

/// One line at a time, and an end that is none.
pub fn lines(t: &mut Twin) {
    for row in READS {
        let [master, slave] = terminal();
        meanwhile(
            t,
            row,
            |caller| {
                caller.waits();
                types(master, b"half a ");
                types(master, b"line\nand another\n\x04the last\x04");
            },
            |t| receive(t, row, slave, 64, 0),
        );
        for length in [4, 64, 64, 64] {
            receive(t, row, slave, length, 0);
        }
        send(t, "write", slave, b"out\n", 0);
        t.call("fcntl", args![slave, F_SETFL, O_NONBLOCK]);
        receive(t, row, slave, 64, 0);
        close(&[master]);
        receive(t, row, slave, 64, 0);
        send(t, "write", slave, b"out\n", 0);
        close(&[slave]);
    }
}

/// With a least number, and a time between bytes.
pub fn without_lines(t: &mut Twin) {
    for row in READS {
        for (least, tenths) in [(0, 0), (1, 0), (3, 0), (0, 1), (3, 1)] {
            let [master, slave] = terminal();
            set_raw(slave, least, tenths);
            if least == 0 {
                receive(t, row, slave, 8, 0);
            }
            types(master, b"ab");
            // Less than the least number would be waited for.
            if least == 3 && tenths == 0 {
                types(master, b"c");
            }
            crate::net::sockets::arrived(slave, 2);
            receive(t, row, slave, 8, 0);
            close(&[master, slave]);
        }
    }
}

fn set_raw(fd: i64, least: u8, tenths: u8) {
    // SAFETY: the case has it open.
    let fd = unsafe { BorrowedFd::borrow_raw(fd as i32) };
    assert!(fd.as_raw_fd() >= 0);
    let mut attributes = tcgetattr(fd).expect("tcgetattr");
    attributes
        .local_flags
        .remove(LocalFlags::ICANON | LocalFlags::ECHO);
    let characters = &mut attributes.control_chars;
    characters[SpecialCharacterIndices::VMIN as usize] = least;
    characters[SpecialCharacterIndices::VTIME as usize] = tenths;
    tcsetattr(fd, SetArg::TCSANOW, &attributes).expect("tcsetattr");
}
