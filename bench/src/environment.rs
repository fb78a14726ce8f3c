//! Where the figures come from.

use std::fmt;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use nix::sys::utsname::uname;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(crate) struct Environment {
    /// UTC, RFC 3339.
    date: String,
    kernel: String,
    machine: String,
    cpus: usize,
    cpu: String,
    /// At the start: above zero, somebody else used the processors.
    load: String,
    directory: String,
    file_system: String,
}

impl Environment {
    /// What cannot be read is "unknown": it spoils no measurement.
    pub(crate) fn read(directory: &Path) -> Environment {
        let name = uname().ok();
        let of = |field: Option<&std::ffi::OsStr>| {
            field.map_or_else(unknown, |text| text.to_string_lossy().into())
        };
        Environment {
            date: date(SystemTime::now()),
            kernel: of(name.as_ref().map(|name| name.release())),
            machine: of(name.as_ref().map(|name| name.machine())),
            cpus: std::thread::available_parallelism().map_or(0, usize::from),
            cpu: cpu_model().unwrap_or_else(unknown),
            load: fs::read_to_string("/proc/loadavg")
                .map_or_else(|_| unknown(), |load| load.trim().to_owned()),
            directory: directory.display().to_string(),
            file_system: file_system(directory).unwrap_or_else(unknown),
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Environment {
            date,
            kernel,
            machine,
            cpus,
            cpu,
            file_system,
            ..
        } = self;
        write!(
            f,
            "{date}, Linux {kernel} {machine}, {cpus} × {cpu}, on {file_system}"
        )
    }
}

fn unknown() -> String {
    "unknown".to_owned()
}

fn cpu_model() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// From the mount with the longest matching mount point; the last of equals covers the others.
fn file_system(directory: &Path) -> Option<String> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let kind = |line: &str| {
        let (mount, source) = line.split_once(" - ")?;
        let point = Path::new(mount.split(' ').nth(4)?).to_path_buf();
        Some((
            point.components().count(),
            point,
            source.split(' ').next()?.to_owned(),
        ))
    };
    mounts
        .lines()
        .filter_map(kind)
        .filter(|(_, point, _)| directory.starts_with(point))
        .max_by_key(|(depth, ..)| *depth)
        .map(|(_, _, kind)| kind)
}

fn date(now: SystemTime) -> String {
    let seconds = now
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Days since 1970 to a date, counting in eras of 400 years that begin on a first of March.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn dates() {
        let at = |seconds| date(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(at(1_767_225_599), "2025-12-31T23:59:59Z");
    }

    #[test]
    fn knows_a_file_system() {
        assert_eq!(
            file_system(Path::new("/proc/self")).as_deref(),
            Some("proc")
        );
    }
}
