//! Calls that wait until something is ready.

use super::{Errnos, How, NO_MEMORY, Row, row};
use How::{Cannot, Covered};
use libc::*;

const NO_FIREWALL: How = Cannot("needs a firewall, or a security module, that forbids it");
const NO_LIMIT: How = Cannot("would take the whole machine's fs.file-max");
const NO_BUFFERS: How = Cannot("Linux drops packets instead");

const ACCEPT: Errnos = &[
    (EAGAIN, Covered),
    (EBADF, Covered),
    (
        ECONNABORTED,
        Cannot("Linux hands out the connection, reset as it is"),
    ),
    (EFAULT, Covered),
    (EINTR, Covered),
    (EINVAL, Covered),
    (EMFILE, Covered),
    (ENFILE, NO_LIMIT),
    (ENOBUFS, NO_MEMORY),
    (ENOMEM, NO_MEMORY),
    (ENOTSOCK, Covered),
    (EOPNOTSUPP, Covered),
    (EPERM, NO_FIREWALL),
    (EPROTO, Cannot("none of the protocols here answers it")),
];
const CONNECT: Errnos = &[
    (EACCES, Covered),
    (EADDRINUSE, Cannot("Linux answers EADDRNOTAVAIL")),
    (EADDRNOTAVAIL, Covered),
    (EAFNOSUPPORT, Covered),
    (EAGAIN, Covered),
    (EALREADY, Covered),
    (EBADF, Covered),
    (ECONNREFUSED, Covered),
    (EFAULT, Covered),
    (EINPROGRESS, Covered),
    (EINTR, Covered),
    (EISCONN, Covered),
    (ENETUNREACH, Covered),
    (ENOTSOCK, Covered),
    (EPERM, NO_FIREWALL),
    (EPROTOTYPE, Covered),
    (ETIMEDOUT, Covered),
];
const SEND: Errnos = &[
    (EACCES, Covered),
    (EAGAIN, Covered),
    (EBADF, Covered),
    (ECONNRESET, Covered),
    (EDESTADDRREQ, Covered),
    (EFAULT, Covered),
    (EINTR, Covered),
    (EINVAL, Covered),
    (EISCONN, Covered),
    (EMSGSIZE, Covered),
    (ENOBUFS, NO_BUFFERS),
    (ENOMEM, NO_MEMORY),
    (ENOTCONN, Covered),
    (ENOTSOCK, Covered),
    (EOPNOTSUPP, Covered),
    (EPIPE, Covered),
];
/// EALREADY is that of an earlier MSG_FASTOPEN.
const FAST_OPEN: Errnos = &[(
    EALREADY,
    Cannot("needs tcp_fastopen, and a peer that is slow"),
)];
const RECEIVE: Errnos = &[
    (EAGAIN, Covered),
    (EBADF, Covered),
    (ECONNREFUSED, Covered),
    (EFAULT, Covered),
    (EINTR, Covered),
    (EINVAL, Covered),
    (ENOMEM, NO_MEMORY),
    (ENOTCONN, Covered),
    (ENOTSOCK, Covered),
];
const POLL: Errnos = &[
    (EFAULT, Covered),
    (EINTR, Covered),
    (EINVAL, Covered),
    (ENOMEM, NO_MEMORY),
];
const SELECT: Errnos = &[
    (EBADF, Covered),
    (EFAULT, Covered),
    (EINTR, Covered),
    (EINVAL, Covered),
    (ENOMEM, NO_MEMORY),
];
const EPOLL: Errnos = &[
    (EBADF, Covered),
    (EFAULT, Covered),
    (EINTR, Covered),
    (EINVAL, Covered),
];
const FLOCK: Errnos = &[
    (EBADF, Covered),
    (EINTR, Covered),
    (EINVAL, Covered),
    (ENOLCK, NO_MEMORY),
    (EWOULDBLOCK, Covered),
];
const SLEEP: Errnos = &[(EFAULT, Covered), (EINTR, Covered), (EINVAL, Covered)];
const CLOCK: Errnos = &[(ENOTSUP, Covered)];

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row("accept",          SYS_accept,          &[ACCEPT]),
    row("accept4",         SYS_accept4,         &[ACCEPT]),
    row("connect",         SYS_connect,         &[CONNECT]),
    row("sendto",          SYS_sendto,          &[SEND, FAST_OPEN]),
    row("sendmsg",         SYS_sendmsg,         &[SEND, FAST_OPEN]),
    row("recvfrom",        SYS_recvfrom,        &[RECEIVE]),
    row("recvmsg",         SYS_recvmsg,         &[RECEIVE]),
    row("poll",            SYS_poll,            &[POLL]),
    row("ppoll",           SYS_ppoll,           &[POLL]),
    row("select",          SYS_select,          &[SELECT]),
    row("pselect6",        SYS_pselect6,        &[SELECT]),
];

/// What asys leaves alone; its cases are run all the same.
#[rustfmt::skip]
pub const LEFT_ALONE: &[Row] = &[
    row("sendmmsg",        SYS_sendmmsg,        &[SEND, FAST_OPEN]),
    row("recvmmsg",        SYS_recvmmsg,        &[RECEIVE]),
    row("epoll_wait",      SYS_epoll_wait,      &[EPOLL]),
    row("epoll_pwait",     SYS_epoll_pwait,     &[EPOLL]),
    row("epoll_pwait2",    SYS_epoll_pwait2,    &[EPOLL]),
    row("flock",           SYS_flock,           &[FLOCK]),
    row("nanosleep",       SYS_nanosleep,       &[SLEEP]),
    row("clock_nanosleep", SYS_clock_nanosleep, &[SLEEP, CLOCK]),
];
