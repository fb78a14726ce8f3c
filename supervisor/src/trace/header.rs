//! The first line of a trace: what ran, where, when, and how it was seen.

use super::escape::escape;
use serde::Serialize;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::time::{SystemTime, UNIX_EPOCH};

/// Name and version of the schema. The number grows when a reader of the old one would misread the new.
pub const SCHEMA: &str = "asys-trace/1";

/// What is known before the first event.
#[derive(Clone, Debug, Serialize)]
pub struct Header {
    schema: &'static str,
    asys: &'static str,
    kernel: String,
    arch: &'static str,
    command: Vec<String>,
    policy: String,
    start: String,
    sources: Sources,
}

/// Where each kind of event comes from.
#[derive(Clone, Copy, Debug, Serialize)]
struct Sources {
    calls: &'static str,
    seen: &'static str,
    exec: &'static str,
    exit: &'static str,
}

const SOURCES: Sources = Sources {
    calls: "seccomp: those the policy traps, at entry; results of offloaded ones",
    seen: "the process's first trapped call",
    exec: "the first trapped call after it",
    exit: "pidfd",
};

impl Header {
    /// The header of a run of `command` that starts now on this machine, under
    /// the policy with digest `policy`.
    #[must_use]
    pub fn new(command: &[OsString], policy: &str) -> Header {
        let kernel = nix::sys::utsname::uname();
        let kernel = kernel.map(|name| name.release().to_string_lossy().into_owned());
        Header {
            schema: SCHEMA,
            asys: env!("CARGO_PKG_VERSION"),
            kernel: kernel.unwrap_or_default(),
            arch: std::env::consts::ARCH,
            command: command
                .iter()
                .map(|word| escape(word.as_bytes()).into_owned())
                .collect(),
            policy: policy.to_owned(),
            start: timestamp(SystemTime::now()),
            sources: SOURCES,
        }
    }
}

/// `time` in UTC to the microsecond, as RFC 3339 writes it.
fn timestamp(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (seconds, micros) = (since.as_secs(), since.subsec_micros());
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

/// Year, month and day of a day since 1970-01-01, in the Gregorian calendar.
///
/// The year is taken to begin in March, so that the leap day is its last:
/// <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>.
fn civil(day: u64) -> (u64, u64, u64) {
    let since_0000_03_01 = day + 719_468;
    let (era, day) = (since_0000_03_01 / 146_097, since_0000_03_01 % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + next, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn days_are_those_of_date() {
        // date -u -d @N +%FT%T
        let cases = [
            (0, "1970-01-01T00:00:00"),
            (951_782_399, "2000-02-28T23:59:59"),
            (951_782_400, "2000-02-29T00:00:00"),
            (951_868_800, "2000-03-01T00:00:00"),
            (1_709_164_800, "2024-02-29T00:00:00"),
            (1_735_689_599, "2024-12-31T23:59:59"),
            (4_107_542_400, "2100-03-01T00:00:00"),
        ];
        for (seconds, expected) in cases {
            let time = UNIX_EPOCH + Duration::new(seconds, 1_234_567);
            assert_eq!(timestamp(time), format!("{expected}.001234Z"));
        }
    }

    #[test]
    fn a_command_is_escaped() {
        let command = ["ls", "a\x1b[m\n"].map(OsString::from);
        let header = Header::new(&command, super::super::testing::policy().digest());
        let json = serde_json::to_value(&header).unwrap();
        assert_eq!(json["schema"], SCHEMA);
        assert_eq!(json["command"][1], "a\\x1b[m\\n");
        assert_eq!(json["policy"].as_str().unwrap().len(), 16);
        assert!(!json["kernel"].as_str().unwrap().is_empty());
    }
}
