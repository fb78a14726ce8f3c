//! One JSON object per line: the schema of a trace.

use super::escape::escape;
use super::value::args;
use super::{CallEvent, Header, Life, Outcome, ProcessEvent};
use asys_policy::Policy;
use serde::{Serialize, Serializer, ser::SerializeMap};
use std::borrow::Cow;
use std::time::Duration;

/// A line, told from the others by its first member.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Line<'a> {
    Header(&'a Header),
    Call(CallLine<'a>),
    Process(ProcessLine<'a>),
    Footer(Footer),
}

/// A call, complete.
#[derive(Debug, Serialize)]
pub(super) struct CallLine<'a> {
    seq: u64,
    /// Nanoseconds since the start.
    t: u64,
    pid: i32,
    tid: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    comm: Option<&'a str>,
    call: &'static str,
    args: ArgsLine<'a>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    replayed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    /// Absent when there is an errno; null when asys does not know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    ret: Option<Option<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errno: Option<String>,
    /// Nanoseconds from receiving to answering.
    dur: u64,
    worker: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<Cow<'a, str>>,
}

#[derive(Debug)]
struct ArgsLine<'a>(&'a CallEvent);

impl Serialize for ArgsLine<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let args = args(self.0);
        let mut map = json.serialize_map(Some(args.len()))?;
        for (name, value) in &args {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'a> CallLine<'a> {
    /// `comm` is given when it was not told before.
    pub(super) fn new(
        seq: u64,
        event: &'a CallEvent,
        comm: Option<&'a str>,
        policy: &'a Policy,
    ) -> CallLine<'a> {
        let (ret, errno) = match event.result {
            None => (Some(None), None),
            Some(Ok(value)) => (Some(Some(value)), None),
            Some(Err(errno)) => (None, Some(format!("{errno:?}"))),
        };
        CallLine {
            seq,
            t: nanoseconds(event.at),
            pid: event.tgid,
            tid: event.tid,
            comm,
            call: event.row.name,
            args: ArgsLine(event),
            outcome: event.outcome.word(),
            replayed: event.outcome == Outcome::Replayed,
            why: event.outcome.why(),
            ret,
            errno,
            dur: nanoseconds(event.duration),
            worker: event.worker,
            rule: event
                .rule
                .map(|rule| escape(policy.rule_name(rule).as_bytes())),
        }
    }
}

/// What a process did.
#[derive(Debug, Serialize)]
pub(super) struct ProcessLine<'a> {
    seq: u64,
    t: u64,
    pid: i32,
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ppid: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comm: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exe: Option<Cow<'a, str>>,
}

impl<'a> ProcessLine<'a> {
    pub(super) fn new(seq: u64, event: &'a ProcessEvent) -> ProcessLine<'a> {
        let text = |comm: &'a String| Some(escape(comm.as_bytes()));
        let (word, ppid, comm, exe) = match &event.what {
            Life::Seen { ppid, comm } => ("seen", Some(*ppid), text(comm), None),
            Life::Exec { comm, exe } => (
                "exec",
                None,
                text(comm),
                exe.as_ref().map(|exe| escape(exe.as_bytes())),
            ),
            Life::Exited => ("exit", None, None, None),
        };
        ProcessLine {
            seq,
            t: nanoseconds(event.at),
            pid: event.tgid,
            event: word,
            ppid,
            comm,
            exe,
        }
    }
}

/// The last line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Footer {
    /// Nanoseconds.
    pub(super) duration: u64,
    /// Lines about calls, by outcome.
    pub(super) calls: Written,
    /// Lines about processes.
    pub(super) processes: u64,
    /// Calls and process events that have no line.
    pub(super) lost: u64,
}

impl Footer {
    /// Lines about calls and processes.
    pub(super) fn lines(&self) -> u64 {
        let Written {
            offloaded,
            native,
            denied,
            cancelled,
            replayed: _,
        } = self.calls;
        offloaded + native + denied + cancelled + self.processes
    }
}

/// Lines about calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Written {
    /// With those replayed.
    pub(super) offloaded: u64,
    pub(super) replayed: u64,
    pub(super) native: u64,
    pub(super) denied: u64,
    pub(super) cancelled: u64,
}

impl Written {
    pub(super) fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Offloaded => self.offloaded += 1,
            Outcome::Replayed => {
                self.offloaded += 1;
                self.replayed += 1;
            }
            Outcome::Native(_) => self.native += 1,
            Outcome::Denied => self.denied += 1,
            Outcome::Cancelled => self.cancelled += 1,
        }
    }
}

/// As many as fit: more than 500 years.
pub(super) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{event, policy};
    use super::*;
    use crate::calls::Native;
    use nix::errno::Errno;
    use std::ffi::CString;

    fn line(event: &CallEvent) -> String {
        let policy = policy();
        serde_json::to_string(&Line::Call(CallLine::new(7, event, None, &policy))).unwrap()
    }

    #[test]
    fn a_call_carried_out() {
        let mut call = event("openat", [-100i64 as u64, 1, 0, 0, 0, 0]);
        call.paths = vec![(1, CString::new("/etc/passwd").unwrap())];
        call.result = Some(Ok(3));
        assert_eq!(
            line(&call),
            r#"{"type":"call","seq":7,"t":1500,"pid":41,"tid":42,"call":"openat","args":{"dirfd":"AT_FDCWD","path":"/etc/passwd","flags":["O_RDONLY"]},"outcome":"offloaded","ret":3,"dur":12000,"worker":0}"#
        );
    }

    #[test]
    fn errors_replays_and_native_calls() {
        let mut call = event("fsync", [3, 0, 0, 0, 0, 0]);
        call.result = Some(Err(Errno::ENOSPC));
        assert!(line(&call).contains(r#""outcome":"offloaded","errno":"ENOSPC","dur""#));
        call.result = Some(Ok(0));
        call.outcome = Outcome::Replayed;
        assert!(line(&call).contains(r#""outcome":"offloaded","replayed":true,"ret":0,"#));
        call.result = None;
        call.outcome = Outcome::Native(Native::Procfs);
        assert!(line(&call).contains(r#""outcome":"native","why":"procfs","ret":null,"#));
    }

    #[test]
    fn processes() {
        let what = Life::Seen {
            ppid: 1,
            comm: "a\x1bb".into(),
        };
        let seen = ProcessEvent {
            at: Duration::from_nanos(9),
            tgid: 5,
            what,
        };
        let json = serde_json::to_string(&Line::Process(ProcessLine::new(1, &seen))).unwrap();
        assert_eq!(
            json,
            r#"{"type":"process","seq":1,"t":9,"pid":5,"event":"seen","ppid":1,"comm":"a\\x1bb"}"#
        );
        let exited = ProcessEvent {
            what: Life::Exited,
            ..seen
        };
        let json = serde_json::to_string(&Line::Process(ProcessLine::new(2, &exited))).unwrap();
        assert_eq!(
            json,
            r#"{"type":"process","seq":2,"t":9,"pid":5,"event":"exit"}"#
        );
    }

    #[test]
    fn the_footer_counts() {
        let mut footer = Footer {
            duration: 5,
            lost: 2,
            ..Footer::default()
        };
        footer.calls.count(Outcome::Replayed);
        footer.calls.count(Outcome::Native(Native::Policy));
        let json = serde_json::to_string(&Line::Footer(footer)).unwrap();
        assert_eq!(
            json,
            r#"{"type":"footer","duration":5,"calls":{"offloaded":1,"replayed":1,"native":1,"denied":0,"cancelled":0},"processes":0,"lost":2}"#
        );
    }
}
