//! One line per event for people, much as strace(1) writes it.

use super::escape::escape;
use super::line::Footer;
use super::value::args;
use super::{CallEvent, Life, Outcome, ProcessEvent};
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

/// `[pid 42] fsync(3) = 0 <1.2ms> offloaded`
pub(super) struct ReadableCall<'a>(pub(super) &'a CallEvent);

impl Display for ReadableCall<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let ReadableCall(event) = self;
        write!(f, "[pid {}] {}(", event.tid, event.row.name)?;
        for (place, (_, value)) in args(event).iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{value}")?;
        }
        match event.result {
            None => f.write_str(") = ?")?,
            Some(Ok(value)) => write!(f, ") = {value}")?,
            Some(Err(errno)) => write!(f, ") = -1 {errno:?} ({})", errno.desc())?,
        }
        write!(f, " <{}> {}", span(event.duration), event.outcome.word())?;
        if event.outcome == Outcome::Replayed {
            f.write_str(", replayed")?;
        }
        event
            .outcome
            .why()
            .map_or(Ok(()), |why| write!(f, ": {why}"))
    }
}

/// `[pid 41] +++ seen: sh, child of 40 +++`
pub(super) struct ReadableProcess<'a>(pub(super) &'a ProcessEvent);

impl Display for ReadableProcess<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let ReadableProcess(event) = self;
        write!(f, "[pid {}] +++ ", event.tgid)?;
        match &event.what {
            Life::Seen { ppid, comm } => {
                write!(f, "seen: {}, child of {ppid}", escape(comm.as_bytes()))?;
            }
            Life::Exec { comm, exe } => {
                write!(f, "runs {}", escape(comm.as_bytes()))?;
                if let Some(exe) = exe {
                    write!(f, ": {}", escape(exe.as_bytes()))?;
                }
            }
            Life::Exited => f.write_str("exited")?,
        }
        f.write_str(" +++")
    }
}

/// `+++ 3 offloaded, 2 native, 0 lost in 1.2s +++`
pub(super) struct ReadableFooter(pub(super) Footer);

impl Display for ReadableFooter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Footer {
            duration,
            calls,
            lost,
            ..
        } = self.0;
        write!(
            f,
            "+++ {} offloaded, {} native",
            calls.offloaded, calls.native
        )?;
        for (count, word) in [
            (calls.denied, "denied"),
            (calls.cancelled, "cancelled"),
            (lost, "lost"),
        ] {
            if count > 0 {
                write!(f, ", {count} {word}")?;
            }
        }
        write!(f, " in {} +++", span(Duration::from_nanos(duration)))
    }
}

/// A length of time in three digits and its unit: `12.3µs`.
pub(super) fn span(length: Duration) -> String {
    const UNITS: [(&str, f64); 4] = [("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)];
    let nanos = length.as_nanos() as f64;
    // Where three digits would round up to 1000, the next unit has them as 1.00.
    let fits = |(_, size): &&(&str, f64)| nanos / size < 999.5;
    let (unit, size) = UNITS.iter().find(fits).unwrap_or(&UNITS[3]);
    let digits = match nanos / size {
        _ if *size == 1.0 => 0,
        value if value < 9.995 => 2,
        value if value < 99.95 => 1,
        _ => 0,
    };
    format!("{:.digits$}{unit}", nanos / size)
}

#[cfg(test)]
mod tests {
    use super::super::testing::event;
    use super::*;
    use crate::calls::Native;
    use nix::errno::Errno;
    use std::ffi::CString;

    #[test]
    fn calls_read_as_in_strace() {
        let mut call = event("openat", [-100i64 as u64, 1, 0o2000000, 0, 0, 0]);
        call.paths = vec![(1, CString::new("etc/passwd").unwrap())];
        call.result = Some(Ok(3));
        let shown = ReadableCall(&call).to_string();
        assert_eq!(
            shown,
            r#"[pid 42] openat(AT_FDCWD, "etc/passwd", O_RDONLY|O_CLOEXEC) = 3 <12.0µs> offloaded"#
        );
        call.result = Some(Err(Errno::ENOENT));
        let shown = ReadableCall(&call).to_string();
        assert!(shown.ends_with(") = -1 ENOENT (No such file or directory) <12.0µs> offloaded"));
        call.result = None;
        call.outcome = Outcome::Native(Native::Type);
        assert!(
            ReadableCall(&call)
                .to_string()
                .ends_with(") = ? <12.0µs> native: type")
        );
    }

    #[test]
    fn processes_cannot_steer_the_terminal() {
        let what = Life::Exec {
            comm: "x\x1b[2J".into(),
            exe: Some(c"/bin/\n".into()),
        };
        let event = ProcessEvent {
            at: Duration::ZERO,
            tgid: 5,
            what,
        };
        let shown = ReadableProcess(&event).to_string();
        assert_eq!(shown, r"[pid 5] +++ runs x\x1b[2J: /bin/\n +++");
    }

    #[test]
    fn the_end_says_what_is_missing() {
        let footer = Footer {
            duration: 1_230_000_000,
            lost: 4,
            ..Footer::default()
        };
        let shown = ReadableFooter(footer).to_string();
        assert_eq!(shown, "+++ 0 offloaded, 0 native, 4 lost in 1.23s +++");
    }

    #[test]
    fn spans_have_three_digits() {
        let cases = [
            (0, "0ns"),
            (999, "999ns"),
            (1_000, "1.00µs"),
            (9_994, "9.99µs"),
            (9_996, "10.0µs"),
            (12_345, "12.3µs"),
            (999_499, "999µs"),
            (999_500, "1.00ms"),
            (123_456_789, "123ms"),
            (1_234_567_890, "1.23s"),
            (3_600_000_000_000, "3600s"),
        ];
        for (nanos, expected) in cases {
            assert_eq!(span(Duration::from_nanos(nanos)), expected);
        }
    }
}
