//! epoll_wait, epoll_pwait, epoll_pwait2.

mod descriptors;
mod events;
mod masks;
mod memory;
mod signals;
mod times;

use crate::arg::Arg;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::twin::Twin;
use libc::*;

pub const FAMILY: Family = Family {
    name: "epoll",
    on: FileSystem::HOME,
    cases: &[
        case!(events::level),
        case!(events::edge),
        case!(events::once),
        case!(events::exclusive_and_others),
        case!(events::in_turn),
        case!(events::many),
        case!(events::nested),
        case!(events::states),
        case!(events::data),
        case!(descriptors::wrong).each_sees(&ROWS, &[EBADF, EINVAL]),
        case!(descriptors::closed_while_watched),
        case!(descriptors::shared),
        case!(memory::counts).each_sees(&ROWS, &[EINVAL]),
        case!(memory::bad).each_sees(&ROWS, &[EFAULT]),
        case!(memory::that_ends).each_sees(&ROWS, &[EFAULT]),
        case!(memory::times_and_masks).sees(&[
            ("epoll_pwait", &[EFAULT, EINVAL]),
            ("epoll_pwait2", &[EFAULT, EINVAL]),
        ]),
        case!(times::short),
        case!(times::until_something_comes),
        case!(masks::pending).each_sees(&MASKED, &[EINTR]),
        case!(masks::swapped).each_sees(&MASKED, &[EINTR]),
        case!(masks::ready_and_pending),
        case!(signals::interrupted).each_sees(&ROWS, &[EINTR]),
        case!(signals::never_restarted).each_sees(&ROWS, &[EINTR]),
        case!(signals::of_no_consequence),
        case!(signals::stopped).each_sees(&ROWS, &[EINTR]),
    ],
};

const ROWS: [&str; 3] = ["epoll_wait", "epoll_pwait", "epoll_pwait2"];
const MASKED: [&str; 2] = ["epoll_pwait", "epoll_pwait2"];

fn new() -> i64 {
    // SAFETY: plain numbers.
    let fd = unsafe { epoll_create1(EPOLL_CLOEXEC) };
    assert!(fd >= 0, "epoll_create1");
    i64::from(fd)
}

/// The descriptor's number is what comes back with its events.
fn control(t: &mut Twin, epoll: i64, what: i32, fd: i64, events: i32) {
    let event = epoll_event {
        events: events.cast_unsigned(),
        u64: fd as u64,
    };
    let place = Arg::at(&raw const event as usize, format!("{events:#x}"));
    t.call("epoll_ctl", args![epoll, what, fd, place]);
}

fn add(t: &mut Twin, epoll: i64, fd: i64, events: i32) {
    control(t, epoll, EPOLL_CTL_ADD, fd, events);
}

/// In milliseconds; a negative one is for ever.
fn wait_at(t: &mut Twin, row: &str, epoll: i64, place: &Arg, most: i64, milliseconds: i64) -> i64 {
    if row != "epoll_pwait2" {
        return t.call(row, args![epoll, place, most, milliseconds, 0, 8]);
    }
    let time = [milliseconds / 1000, milliseconds % 1000 * 1_000_000];
    let time = match milliseconds {
        ..0 => 0.into(),
        _ => Arg::at(time.as_ptr() as usize, format!("{milliseconds} ms")),
    };
    t.call(row, args![epoll, place, most, &time, 0, 8])
}

/// What comes is noted, and that nothing else is written.
fn wait(t: &mut Twin, row: &str, epoll: i64, most: usize, milliseconds: i64) -> i64 {
    let room = vec![b'.'; 12 * (most + 1)];
    let place = Arg::at(room.as_ptr() as usize, format!("room for {most}"));
    let done = wait_at(t, row, epoll, &place, most as i64, milliseconds);
    show(t, &room, done);
    done
}

fn show(t: &mut Twin, room: &[u8], done: i64) {
    let (events, _) = room.as_chunks::<12>();
    let came = usize::try_from(done).unwrap_or(0);
    let shown = events.iter().take(came.min(16)).map(|event| {
        let (what, whose) = event.split_at(4);
        let what = u32::from_ne_bytes(what.try_into().expect("four"));
        let whose = u64::from_ne_bytes(whose.try_into().expect("eight"));
        format!("{whose:#x}:{what:#x} ")
    });
    t.note("events", shown.collect::<String>());
    let rest = &room[(12 * came).min(room.len())..];
    t.note("rest untouched", rest.iter().all(|byte| *byte == b'.'));
}
