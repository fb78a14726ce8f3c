//! When there is nothing: at once, after a time, or when there is.

use super::{pairs, streams};
use crate::net::sockets::{self, pattern};
use crate::net::ways::{RECEIVES, RECEIVES_WITH_FLAGS, receive, receive_into};
use crate::other::meanwhile;
use crate::twin::Twin;
use crate::{args, memory};
use libc::*;

pub fn nothing_there(t: &mut Twin) {
    for way in RECEIVES {
        for [one, two] in pairs() {
            if RECEIVES_WITH_FLAGS.contains(&way) {
                for flags in [MSG_DONTWAIT, MSG_DONTWAIT | MSG_PEEK | MSG_TRUNC] {
                    receive(t, way, two, 10, flags);
                    receive(t, way, two, 0, flags);
                }
            }
            sockets::nonblocking(two);
            for flags in [0, MSG_WAITALL] {
                receive(t, way, two, 10, flags);
                // Nobody looks at the memory.
                receive_into(t, way, two, &memory::read_only(), 10, flags);
            }
            sockets::close(&[one, two]);
        }
    }
}

pub fn until_something_comes(t: &mut Twin) {
    for way in RECEIVES {
        for [one, two] in pairs() {
            for (length, flags) in [(10, 0), (3, 0), (2, MSG_PEEK)] {
                meanwhile(
                    t,
                    way,
                    |caller| {
                        caller.waits();
                        sockets::send(one, b"hello", 0);
                    },
                    |t| receive(t, way, two, length, flags),
                );
                sockets::drain_messages(two);
            }
            sockets::close(&[one, two]);
        }
    }
}

/// SO_RCVLOWAT: less than that is not worth waking up for.
pub fn low_water(t: &mut Twin) {
    for way in RECEIVES {
        for [one, two] in streams() {
            sockets::set(two, SO_RCVLOWAT, 8);
            sockets::send(one, b"four", 0);
            sockets::arrived(two, 4);
            receive(t, way, two, 3, 0);
            meanwhile(
                t,
                way,
                |caller| {
                    caller.waits();
                    sockets::send(one, b"and more of it", 0);
                },
                |t| receive(t, way, two, 20, 0),
            );
            sockets::close(&[one]);
            receive(t, way, two, 20, 0);
            sockets::close(&[two]);
        }
    }
}

pub fn timeouts(t: &mut Twin) {
    for way in RECEIVES {
        for [one, two] in pairs() {
            for milliseconds in [1, 30] {
                sockets::set_time(two, SO_RCVTIMEO, milliseconds);
                receive(t, way, two, 10, 0);
                receive(t, way, two, 10, MSG_WAITALL);
                sockets::send(one, b"half", 0);
                sockets::arrived(two, 4);
                receive(t, way, two, 10, MSG_WAITALL);
                sockets::drain_messages(two);
            }
            sockets::set_time(two, SO_RCVTIMEO, 0);
            sockets::close(&[one, two]);
        }
    }
}

pub fn the_end_comes(t: &mut Twin) {
    for way in RECEIVES {
        for how in 0..3 {
            for [one, two] in streams() {
                meanwhile(
                    t,
                    way,
                    |caller| {
                        caller.waits();
                        match how {
                            0 => sockets::shutdown(one, SHUT_WR),
                            1 => sockets::shutdown(two, SHUT_RD),
                            _ => sockets::reset(one),
                        }
                    },
                    |t| {
                        sockets::close(&[one]);
                        receive(t, way, two, 10, 0)
                    },
                );
                receive(t, way, two, 10, 0);
                sockets::close(&[two]);
            }
        }
    }
}

/// Megabytes with MSG_WAITALL, and as they come.
pub fn all_of_it_in_pieces(t: &mut Twin) {
    const LENGTH: usize = 3 << 20;
    for way in RECEIVES {
        for [one, two] in streams() {
            let spot = memory::large_room_before_a_hole(LENGTH);
            meanwhile(
                t,
                way,
                |caller| {
                    caller.waits();
                    sockets::send(one, &pattern(LENGTH), 0);
                },
                |t| {
                    sockets::close(&[one]);
                    let mut have = 0;
                    while have < LENGTH {
                        let part = memory::part(&spot, have);
                        let flags = MSG_WAITALL;
                        let came =
                            t.quietly(|t| receive_into(t, way, two, &part, LENGTH - have, flags));
                        have += came as usize;
                        if came <= 0 || RECEIVES_WITH_FLAGS.contains(&way) {
                            break;
                        }
                    }
                    t.note("came", have);
                    t.call("shutdown", args![two, SHUT_RDWR]);
                },
            );
            let all = memory::contents(&spot, LENGTH);
            t.note("the same", all == pattern(LENGTH));
            sockets::close(&[two]);
        }
    }
}
