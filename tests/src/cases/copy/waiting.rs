//! For something to come, for room, and for nobody.

use super::ends::{close, drain, moves, put, two_files, where_are};
use crate::deadline::until;
use crate::nameless::{fill, pipe, take_all, take_page};
use crate::signals;
use crate::twin::Twin;
use libc::*;
use nix::sys::signal::Signal;
use std::fs;

/// How much is in a pipe, and what came last.
fn ending(t: &mut Twin, out: i64) {
    let all = take_all(out);
    t.note("bytes", all.len());
    t.bytes("last", &all[all.len().saturating_sub(12)..]);
}

pub fn nobody_at_the_other_end(t: &mut Twin) {
    signals::catch(Signal::SIGPIPE);
    for flags in [0, SPLICE_F_NONBLOCK] {
        let [source, _] = two_files(t);
        let [out, into] = pipe(0);
        let [other_out, other_into] = pipe(0);
        put(t, other_into, b"in the pipe");
        t.close(out);
        moves(t, "splice", (source, None), (into, None), 5, flags);
        moves(t, "splice", (source, None), (into, None), 0, flags);
        moves(t, "splice", (other_out, None), (into, None), 5, flags);
        moves(t, "tee", (other_out, None), (into, None), 5, flags);
        moves(t, "sendfile", (source, None), (into, None), 5, flags);
        t.note("SIGPIPE", signals::caught());
        where_are(t, &[source]);
        drain(t, other_out);
        close(t, &[source, into, other_out, other_into]);
    }
}

pub fn broken_pipe_kills(t: &mut Twin) {
    let [source, _] = two_files(t);
    let [out, into] = pipe(0);
    let [other_out, other_into] = pipe(0);
    put(t, other_into, b"in the pipe");
    t.close(out);
    for (row, from) in [
        ("splice", source),
        ("splice", other_out),
        ("tee", other_out),
        ("sendfile", source),
    ] {
        t.fork("moves to nobody", |t| {
            signals::default(Signal::SIGPIPE);
            moves(t, row, (from, None), (into, None), 5, 0);
            t.note("not", "reached");
        });
    }
}

/// As proc_pid_syscall(5) tells: `running`, or the number of the call it is held in.
fn waits_in_a_transfer(thread: nix::unistd::Pid) -> bool {
    let text = fs::read_to_string(format!("/proc/self/task/{thread}/syscall"));
    let text = text.expect("the caller's call");
    let number = text
        .split(' ')
        .next()
        .and_then(|number| number.parse().ok());
    [SYS_splice, SYS_tee].map(Some).contains(&number)
}

/// Runs `call` beside a thread that does `then` once the caller waits in splice or tee.
fn beside<T>(call: impl FnOnce() -> T, then: impl FnOnce() + Send) -> T {
    let caller = nix::unistd::gettid();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            until("the caller waits", || waits_in_a_transfer(caller));
            then();
        });
        call()
    })
}

/// For something to come, for room, and for an end that closes.
pub fn waiting(t: &mut Twin) {
    let [source, sink] = two_files(t);
    let [out, into] = pipe(0);
    let [other_out, other_into] = pipe(0);
    let send = || {
        // SAFETY: five live bytes.
        unsafe { write(into as i32, c"later".as_ptr().cast(), 5) };
    };
    beside(
        || moves(t, "splice", (out, None), (sink, None), 100, 0),
        send,
    );
    beside(
        || moves(t, "splice", (out, None), (other_into, None), 100, 0),
        send,
    );
    beside(
        || moves(t, "tee", (out, None), (other_into, None), 100, 0),
        send,
    );
    fill(into);
    beside(
        || moves(t, "splice", (source, None), (into, None), 4, 0),
        || drop(take_page(out)),
    );
    ending(t, out);
    drain(t, other_out);
    fill(other_into);
    send();
    beside(
        || moves(t, "splice", (out, None), (other_into, None), 4, 0),
        || drop(take_page(other_out)),
    );
    ending(t, other_out);
    let end = || {
        // SAFETY: a descriptor that nobody uses any more.
        unsafe { libc::close(into as i32) };
    };
    drain(t, out);
    beside(
        || moves(t, "splice", (out, None), (sink, None), 100, 0),
        end,
    );
    where_are(t, &[source, sink]);
    t.tree(".");
}

pub fn interrupted(t: &mut Twin) {
    let [source, sink] = two_files(t);
    let [out, into] = pipe(0);
    let [other_out, other_into] = pipe(0);
    signals::interrupting(|| moves(t, "splice", (out, None), (sink, None), 5, 0));
    signals::interrupting(|| moves(t, "splice", (out, None), (other_into, None), 5, 0));
    signals::interrupting(|| moves(t, "tee", (out, None), (other_into, None), 5, 0));
    fill(into);
    signals::interrupting(|| moves(t, "splice", (source, Some(3)), (into, None), 5, 0));
    put(t, other_into, b"in the pipe");
    signals::interrupting(|| moves(t, "splice", (other_out, None), (into, None), 5, 0));
    signals::interrupting(|| moves(t, "tee", (other_out, None), (into, None), 5, 0));
    signals::interrupting(|| moves(t, "sendfile", (source, None), (into, None), 5, 0));
    t.note("caught", signals::caught() >= 7);
    where_are(t, &[source, sink]);
    t.tree(".");
}
