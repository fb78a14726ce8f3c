//! What features are tried on, and how what the kernel said is read.

use crate::sys::creds::{self, CapSet};
use crate::sys::notify::WAIT_KILLABLE_RECV;
use crate::sys::probe::{self, Listener, Subject};
use nix::errno::Errno;
use serde::Serialize;

/// Whether a feature is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Ok,
    Missing,
    Unknown,
}

impl State {
    pub(super) fn word(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Missing => "missing",
            State::Unknown => "unknown",
        }
    }
}

/// What trying a feature showed.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) state: State,
    pub(super) detail: String,
}

impl Finding {
    pub(super) fn ok(detail: &str) -> Finding {
        Finding {
            state: State::Ok,
            detail: detail.to_owned(),
        }
    }

    pub(super) fn missing(detail: &str) -> Finding {
        Finding {
            state: State::Missing,
            detail: detail.to_owned(),
        }
    }

    pub(super) fn unknown(detail: &str) -> Finding {
        Finding {
            state: State::Unknown,
            detail: detail.to_owned(),
        }
    }

    /// Errors by which kernels say that they do not know something, or that it is not allowed.
    pub(super) fn of<T>(tried: Result<T, Errno>) -> Finding {
        match tried {
            Ok(_) => Finding::ok(""),
            Err(Errno::ENOSYS | Errno::EINVAL | Errno::ENOTTY | Errno::EOPNOTSUPP) => {
                Finding::missing("not in this kernel, or switched off")
            }
            Err(errno @ (Errno::EPERM | Errno::EACCES)) => {
                Finding::missing(&format!("refused: {}", errno.desc()))
            }
            Err(errno) => Finding::unknown(errno.desc()),
        }
    }
}

/// Everything that is tried once and looked at by several features.
pub(super) struct Scene {
    pub(super) kernel: String,
    /// A child to look into.
    pub(super) subject: Result<Subject, Errno>,
    /// A filter with a listener, for a process that can gain no privileges.
    pub(super) no_new_privs: Result<Listener, Errno>,
    /// The same without that condition.
    pub(super) privileged: Result<Listener, Errno>,
    /// As the first, with the flag.
    pub(super) wait_killable: Result<Listener, Errno>,
    effective: Result<CapSet, Errno>,
}

impl Scene {
    pub(super) fn set() -> Scene {
        let kernel = nix::sys::utsname::uname();
        Scene {
            kernel: kernel.map_or_else(|_| String::new(), |k| k.release().to_string_lossy().into()),
            subject: Subject::new(),
            no_new_privs: probe::listener(0, true),
            privileged: probe::listener(0, false),
            wait_killable: probe::listener(WAIT_KILLABLE_RECV, true),
            effective: creds::capabilities(0).map(|caps| caps.effective),
        }
    }

    pub(super) fn on_subject<T>(&self, look: impl FnOnce(&Subject) -> Result<T, Errno>) -> Finding {
        match &self.subject {
            Ok(subject) => Finding::of(look(subject)),
            Err(errno) => Finding::unknown(&format!("no child to try it on: {}", errno.desc())),
        }
    }

    pub(super) fn capability(&self, wanted: CapSet) -> Finding {
        match self.effective {
            Ok(have) if have.contains(wanted) => Finding::ok(""),
            Ok(_) => Finding::missing("not privileged"),
            Err(errno) => Finding::of(Err::<(), _>(errno)),
        }
    }

    /// What bears on all of it, by name.
    pub(super) fn surroundings(&self) -> Vec<(&'static str, String)> {
        vec![
            (
                "user",
                format!(
                    "uid {}, gid {}",
                    nix::unistd::geteuid(),
                    nix::unistd::getegid()
                ),
            ),
            (
                "container",
                container().unwrap_or("no sign of one").to_owned(),
            ),
            ("filters above", filters()),
            ("Yama ptrace_scope", yama()),
            ("Landlock", landlock()),
        ]
    }
}

/// Signs that container engines leave.
fn container() -> Option<&'static str> {
    const FILES: [(&str, &str); 3] = [
        ("/.dockerenv", "docker"),
        ("/run/.containerenv", "podman"),
        ("/run/systemd/container", "systemd knows of one"),
    ];
    let found = FILES
        .iter()
        .find(|(path, _)| std::path::Path::new(path).exists());
    let named = std::env::var_os("container").map(|_| "$container is set");
    found.map(|(_, engine)| *engine).or(named)
}

/// Seccomp filters this process is under: proc_pid_status(5).
fn filters() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .map(str::trim)
    };
    match (field("Seccomp:"), field("Seccomp_filters:")) {
        (Some("0"), _) => "none".to_owned(),
        (Some("2"), Some(number)) => format!("{number}: single calls may be refused"),
        (Some("2"), None) => "some: single calls may be refused".to_owned(),
        _ => "unknown".to_owned(),
    }
}

/// `/proc/sys/kernel/yama/ptrace_scope`: Documentation/admin-guide/LSM/Yama.rst of the kernel.
fn yama() -> String {
    let meaning = |scope: &str| match scope {
        "0" => "processes of one user may look into each other",
        "1" => "ancestors may look into descendants, which suffices",
        "2" => "only with CAP_SYS_PTRACE",
        "3" => "nobody may look into another process",
        _ => "unknown",
    };
    match std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope") {
        Ok(scope) => format!("{}: {}", scope.trim(), meaning(scope.trim())),
        Err(_) => "none".to_owned(),
    }
}

fn landlock() -> String {
    match probe::landlock_version() {
        Ok(version) => {
            format!("version {version}: a program that confines itself is native from then on")
        }
        Err(_) => "none".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_is_understood() {
        let state = |errno| Finding::of(Err::<(), _>(errno)).state;
        assert_eq!(state(Errno::ENOSYS), State::Missing);
        assert_eq!(state(Errno::EPERM), State::Missing);
        assert_eq!(state(Errno::ENOMEM), State::Unknown);
        assert_eq!(Finding::of(Ok(())).state, State::Ok);
    }

    #[test]
    fn surroundings_are_named() {
        let scene = Scene::set();
        assert!(
            scene
                .surroundings()
                .iter()
                .all(|(name, value)| !name.is_empty() && !value.is_empty())
        );
    }
}
