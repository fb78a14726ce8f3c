//! What an argument was, typed by the table's row.

use super::escape::{escape, quoted};
use super::{CallEvent, flags};
use crate::calls::Arg;
use nix::sys::signal::Signal;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::borrow::Cow;
use std::ffi::CString;
use std::fmt;

/// One argument, ready for any sink.
///
/// [`Serialize`] is the JSON of asys-trace; [`fmt::Display`] is how strace(1) writes it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Signed(i64),
    Unsigned(u64),
    /// Bits without names.
    Hex(u64),
    Octal(u16),
    Names(Vec<Cow<'static, str>>),
    Word(Cow<'static, str>),
    /// An address of the target's.
    Address(u64),
    /// A string of the target's, as it was read.
    Text(&'a [u8]),
    /// A string of the target's that was not read, by its address.
    Unread(u64),
    File {
        fd: i32,
        path: Option<&'a [u8]>,
    },
}

/// The arguments of `event` by name, in the order of the call.
///
/// Where the row has several of one name, the second is `path2`, and so on.
pub(super) fn args(event: &CallEvent) -> Vec<(Cow<'static, str>, Value<'_>)> {
    let row = event.row.args.iter().zip(0..event.raw.len());
    let mut named: Vec<(Cow<'static, str>, Value<'_>)> = Vec::with_capacity(row.len());
    for (arg, place) in row {
        if *arg == Arg::Mode && !mode_counts(event, place) {
            continue;
        }
        let base = label(*arg);
        // No label ends where another goes on, so this counts the same ones only.
        let before = event.row.args[..place]
            .iter()
            .filter(|a| label(**a) == base)
            .count();
        let name = match before {
            0 => Cow::Borrowed(base),
            before => Cow::Owned(format!("{base}{}", before + 1)),
        };
        named.push((name, value(event, *arg, place)));
    }
    named
}

/// The mode of open(2) is whatever the register held, unless something is made.
fn mode_counts(event: &CallEvent, place: usize) -> bool {
    let before = place
        .checked_sub(1)
        .map(|before| (event.row.args[before], event.raw[before]));
    match before {
        Some((Arg::OpenFlags, flags)) => flags::open_creates(flags as u32),
        _ => true,
    }
}

fn label(arg: Arg) -> &'static str {
    match arg {
        Arg::Dirfd => "dirfd",
        Arg::Path => "path",
        Arg::Text => "text",
        Arg::Fd => "fd",
        Arg::OpenFlags | Arg::AtFlags | Arg::RenameFlags | Arg::Flags => "flags",
        Arg::How => "how",
        Arg::Mode | Arg::AccessMode => "mode",
        Arg::StatxMask => "mask",
        Arg::Address => "address",
        Arg::Size => "size",
        Arg::Offset => "offset",
        Arg::Pid => "pid",
        Arg::Signal => "signal",
        Arg::Number => "number",
    }
}

/// The kernel takes an `int` from the low half of a register, so does this.
fn value(event: &CallEvent, arg: Arg, place: usize) -> Value<'_> {
    let raw = event.raw[place];
    let low = raw as u32;
    match arg {
        Arg::Dirfd | Arg::Fd => Value::File {
            fd: low.cast_signed(),
            path: text(&event.files, place),
        },
        Arg::Path | Arg::Text => text(&event.paths, place).map_or(Value::Unread(raw), Value::Text),
        Arg::OpenFlags => Value::Names(flags::open(low)),
        Arg::AtFlags => Value::Names(flags::at(low, event.row.name)),
        Arg::StatxMask => Value::Names(flags::statx(low)),
        Arg::RenameFlags => Value::Names(flags::rename(low)),
        Arg::AccessMode => Value::Names(flags::access(low)),
        Arg::Mode => Value::Octal(raw as u16),
        Arg::Address | Arg::How => Value::Address(raw),
        Arg::Size => Value::Unsigned(raw),
        Arg::Offset => Value::Signed(raw.cast_signed()),
        Arg::Pid => Value::Signed(low.cast_signed().into()),
        Arg::Signal => signal(low.cast_signed()),
        Arg::Number => number(raw),
        Arg::Flags => Value::Hex(raw),
    }
}

fn text(read: &[(usize, CString)], place: usize) -> Option<&[u8]> {
    read.iter()
        .find(|(arg, _)| *arg == place)
        .map(|(_, text)| text.as_bytes())
}

fn signal(number: i32) -> Value<'static> {
    /// The C library keeps the first two real-time signals for itself.
    const SIGRTMIN: i32 = 34;
    let name = match (Signal::try_from(number), number) {
        (Ok(signal), _) => Cow::Borrowed(signal.as_str()),
        (_, SIGRTMIN) => Cow::Borrowed("SIGRTMIN"),
        (_, SIGRTMIN..=64) => Cow::Owned(format!("SIGRTMIN+{}", number - SIGRTMIN)),
        _ => return Value::Signed(number.into()),
    };
    Value::Word(name)
}

/// An `int`, signed or not, unless it cannot be one.
fn number(raw: u64) -> Value<'static> {
    match (u32::try_from(raw), i32::try_from(raw.cast_signed())) {
        (Ok(low), _) => Value::Signed(low.cast_signed().into()),
        (_, Ok(int)) => Value::Signed(int.into()),
        _ => Value::Unsigned(raw),
    }
}

fn fd_name(fd: i32) -> Option<&'static str> {
    (fd == libc::AT_FDCWD).then_some("AT_FDCWD")
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Signed(number) => json.serialize_i64(*number),
            Value::Unsigned(number) => json.serialize_u64(*number),
            Value::Hex(bits) => json.collect_str(&format_args!("{bits:#x}")),
            Value::Address(at) => json.collect_str(&format_args!("{at:#x}")),
            Value::Octal(mode) => json.collect_str(&format_args!("0{mode:03o}")),
            Value::Names(names) => names.serialize(json),
            Value::Word(word) => json.serialize_str(word),
            Value::Text(bytes) => json.serialize_str(&escape(bytes)),
            Value::Unread(at) => {
                let mut map = json.serialize_map(Some(1))?;
                map.serialize_entry("address", &format!("{at:#x}"))?;
                map.end()
            }
            Value::File { fd, path } => file_json(*fd, *path, json),
        }
    }
}

fn file_json<S: Serializer>(fd: i32, path: Option<&[u8]>, json: S) -> Result<S::Ok, S::Error> {
    if let (Some(name), None) = (fd_name(fd), path) {
        return json.serialize_str(name);
    }
    let mut map = json.serialize_map(None)?;
    match fd_name(fd) {
        Some(name) => map.serialize_entry("fd", name)?,
        None => map.serialize_entry("fd", &fd)?,
    }
    if let Some(path) = path {
        map.serialize_entry("path", &escape(path))?;
    }
    map.end()
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Signed(number) => number.fmt(f),
            Value::Unsigned(number) => number.fmt(f),
            Value::Address(0) | Value::Unread(0) => f.write_str("NULL"),
            Value::Hex(0) => f.write_str("0"),
            Value::Hex(bits) | Value::Address(bits) | Value::Unread(bits) => write!(f, "{bits:#x}"),
            Value::Octal(mode) => write!(f, "0{mode:03o}"),
            Value::Names(names) if names.is_empty() => f.write_str("0"),
            Value::Names(names) => f.write_str(&names.join("|")),
            Value::Word(word) => f.write_str(word),
            Value::Text(bytes) => f.write_str(&quoted(bytes)),
            Value::File { fd, path } => {
                match fd_name(*fd) {
                    Some(name) => f.write_str(name)?,
                    None => fd.fmt(f)?,
                }
                path.map_or(Ok(()), |path| write!(f, "<{}>", escape(path)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::event;
    use super::*;

    fn both(event: &CallEvent) -> (String, String) {
        let args = args(event);
        let map: serde_json::Map<_, _> = args
            .iter()
            .map(|(name, value)| (name.to_string(), serde_json::to_value(value).unwrap()))
            .collect();
        let text: Vec<_> = args.iter().map(|(_, value)| value.to_string()).collect();
        (serde_json::to_string(&map).unwrap(), text.join(", "))
    }

    fn path(place: usize, text: &[u8]) -> (usize, CString) {
        (place, CString::new(text).unwrap())
    }

    #[test]
    fn a_path_relative_to_the_working_directory() {
        let mut call = event("openat", [-100i64 as u64, 0x7ffd, 0o2000000, 0xdead, 0, 0]);
        call.paths = vec![path(1, b"etc/\x1b[2J\xff")];
        let (json, text) = both(&call);
        assert_eq!(
            json,
            r#"{"dirfd":"AT_FDCWD","flags":["O_RDONLY","O_CLOEXEC"],"path":"etc/\\x1b[2J\\xff"}"#
        );
        assert_eq!(text, r#"AT_FDCWD, "etc/\x1b[2J\xff", O_RDONLY|O_CLOEXEC"#);
    }

    #[test]
    fn dirfd_is_the_low_half_of_its_register() {
        let call = event("openat", [0xffff_ff9c, 0, 0, 0, 0, 0]);
        assert_eq!(both(&call).1, "AT_FDCWD, NULL, O_RDONLY");
    }

    #[test]
    fn a_mode_is_shown_where_it_counts() {
        let create = (libc::O_CREAT | libc::O_WRONLY) as u64;
        let call = event("open", [1, create, 0o1644, 0, 0, 0]);
        assert_eq!(both(&call).1, "0x1, O_WRONLY|O_CREAT, 01644");
        let call = event("mkdir", [1, 0o755, 0, 0, 0, 0]);
        assert_eq!(both(&call).1, "0x1, 0755");
        assert_eq!(both(&call).0, r#"{"mode":"0755","path":{"address":"0x1"}}"#);
    }

    #[test]
    fn two_of_one_kind_are_numbered() {
        let mut call = event("renameat2", [5, 1, 6, 2, 2, 0]);
        call.paths = vec![path(1, b"a"), path(3, b"b")];
        call.files = vec![path(0, b"/srv"), path(2, b"/tmp/\n")];
        let (json, text) = both(&call);
        assert_eq!(text, r#"5</srv>, "a", 6</tmp/\n>, "b", RENAME_EXCHANGE"#);
        assert_eq!(
            json,
            r#"{"dirfd":{"fd":5,"path":"/srv"},"dirfd2":{"fd":6,"path":"/tmp/\\n"},"flags":["RENAME_EXCHANGE"],"path":"a","path2":"b"}"#
        );
    }

    #[test]
    fn numbers_keep_their_sign() {
        let call = event("pread64", [3, 0, 4096, u64::MAX, 0, 0]);
        assert_eq!(both(&call).1, "3, NULL, 4096, -1");
        assert_eq!(
            both(&call).0,
            r#"{"address":"0x0","fd":{"fd":3},"offset":-1,"size":4096}"#
        );
        let call = event("setresuid", [0xffff_ffff, 1000, u64::MAX, 0, 0, 0]);
        assert_eq!(both(&call).1, "-1, 1000, -1");
        assert_eq!(number(1 << 40), Value::Unsigned(1 << 40));
    }

    #[test]
    fn signals_have_names() {
        let shown = |nr| signal(nr).to_string();
        assert_eq!(
            [9, 0, 34, 36, 64, 65, -1].map(shown),
            [
                "SIGKILL",
                "0",
                "SIGRTMIN",
                "SIGRTMIN+2",
                "SIGRTMIN+30",
                "65",
                "-1"
            ]
        );
        let call = event("kill", [u64::MAX, 15, 0, 0, 0, 0]);
        assert_eq!(both(&call).1, "-1, SIGTERM");
        assert_eq!(both(&call).0, r#"{"pid":-1,"signal":"SIGTERM"}"#);
    }

    #[test]
    fn every_row_can_be_shown() {
        for row in crate::calls::TABLE {
            for raw in [0, 1, u64::MAX, 0x8000_0000_dead_beef] {
                let call = event(row.name, [raw; 6]);
                let (json, text) = both(&call);
                assert!(!json.is_empty() && !text.chars().any(char::is_control));
                let names: std::collections::HashSet<_> =
                    args(&call).into_iter().map(|a| a.0).collect();
                assert_eq!(names.len(), args(&call).len(), "{}", row.name);
            }
        }
    }
}
