use crate::args;
use crate::memory;
use crate::net::sockets::close;
use crate::other::meanwhile;
use crate::twin::{Twin, blank};
use libc::*;

fn counter(start: u32, flags: i32) -> i64 {
    // SAFETY: plain numbers.
    let fd = unsafe { eventfd(start, flags) };
    assert!(fd >= 0, "eventfd");
    i64::from(fd)
}

fn read_one(t: &mut Twin, fd: i64) {
    let mut value = [0u8; 8];
    t.call("read", args![fd, &mut value, 8]);
    t.bytes("value", &value);
}

fn vector_of(place: *mut u64) -> [u64; 2] {
    [place as u64, 8]
}

pub fn wait(t: &mut Twin) {
    for flags in [0, EFD_SEMAPHORE] {
        let fd = counter(0, flags);
        for row in ["read", "readv"] {
            meanwhile(
                t,
                row,
                |caller| {
                    caller.waits();
                    // SAFETY: eight live bytes.
                    unsafe { libc::write(fd as i32, (&raw const SEVEN).cast(), 8) };
                },
                |t| {
                    let mut value = 0u64;
                    let vector = vector_of(&raw mut value);
                    match row {
                        "read" => t.call(row, args![fd, &raw mut value, 8]),
                        _ => t.call(row, args![fd, vector.as_ptr(), 1]),
                    };
                    t.note("value", value);
                },
            );
        }
        for count in [0, 1, 7, 9] {
            t.call("write", args![fd, &SEVEN.to_ne_bytes(), count]);
            if count < 8 {
                t.call("read", args![fd, &mut [0u8; 16], count]);
            }
        }
        no_room(t);
        close(&[fd]);
    }
}

static SEVEN: u64 = 7;

/// A counter that is full makes its writer wait.
fn no_room(t: &mut Twin) {
    let fd = counter(0, 0);
    t.call("write", args![fd, &u64::MAX.to_ne_bytes(), 8]);
    t.call("write", args![fd, &(u64::MAX - 1).to_ne_bytes(), 8]);
    meanwhile(
        t,
        "write",
        |caller| {
            caller.waits();
            let mut value = 0u64;
            // SAFETY: a place for eight bytes.
            unsafe { libc::read(fd as i32, (&raw mut value).cast(), 8) };
        },
        |t| t.call("write", args![fd, &SEVEN.to_ne_bytes(), 8]),
    );
    read_one(t, fd);
    close(&[fd]);
}

/// Whether the value is lost then is the kernel's to say.
pub fn cannot_be_read(t: &mut Twin) {
    let mut all = memory::bad();
    all.extend([memory::read_only(), memory::room_before(4, PROT_NONE)]);
    for spot in all {
        let fd = counter(5, EFD_NONBLOCK);
        t.call("read", args![fd, &spot, 8]);
        read_one(t, fd);
        t.call("write", args![fd, &spot, 8]);
        read_one(t, fd);
        close(&[fd]);
    }
}

pub fn timers(t: &mut Twin) {
    // SAFETY: plain numbers.
    let fd = i64::from(unsafe { timerfd_create(CLOCK_MONOTONIC, 0) });
    let mut soon: itimerspec = blank();
    soon.it_value.tv_nsec = 20_000_000;
    for _ in 0..2 {
        // SAFETY: a live structure; the old one is not asked for.
        unsafe { timerfd_settime(fd as i32, 0, &raw const soon, std::ptr::null_mut()) };
        read_one(t, fd);
    }
    // SAFETY: as above.
    unsafe { timerfd_settime(fd as i32, 0, &raw const soon, std::ptr::null_mut()) };
    crate::net::sockets::happens(fd, POLLIN);
    t.call("read", args![fd, 1, 8]);
    t.call("fcntl", args![fd, F_SETFL, O_NONBLOCK]);
    read_one(t, fd);
}
