//! A terminal with a shell in it, and somebody who types.

use crate::deadline::{comes_true, until};
use crate::session::Session;
use nix::fcntl::OFlag;
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::unistd::Pid;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Child;
use std::sync::{Arc, Mutex};

pub const CTRL_C: &str = "\x03";
pub const CTRL_D: &str = "\x04";
pub const CTRL_Z: &str = "\x1a";
pub const CTRL_BACKSLASH: &str = "\x1c";

/// The master's side, and the shell that is the leader of the terminal's session.
#[derive(Debug)]
pub struct Terminal {
    master: File,
    screen: Arc<Mutex<Vec<u8>>>,
    /// What has been waited for already ends here.
    read: usize,
    shell: Child,
}

impl Terminal {
    /// An interactive bash in `session`: its programs get `prefix` only if typed.
    pub fn new(session: &Session) -> Self {
        let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC);
        let master = master.expect("a terminal");
        grantpt(&master).expect("grantpt");
        unlockpt(&master).expect("unlockpt");
        let slave = ptsname_r(&master).expect("ptsname");
        let slave = File::options()
            .read(true)
            .write(true)
            .open(slave)
            .expect("the slave");
        let master = File::from(OwnedFd::from(master));
        let mut bash =
            session.plain_command(&["bash", "--norc", "--noprofile", "--noediting", "-i"]);
        bash.env("PS1", "> ")
            .env("TERM", "dumb")
            .env_remove("HISTFILE");
        let clone = || slave.try_clone().expect("dup");
        bash.stdin(clone()).stdout(clone()).stderr(clone());
        // SAFETY: two calls that take numbers only.
        unsafe { bash.pre_exec(take_the_terminal) };
        let shell = bash.spawn().expect("bash");
        let screen = Arc::<Mutex<Vec<u8>>>::default();
        read_all(master.try_clone().expect("dup"), Arc::clone(&screen));
        Self {
            master,
            screen,
            read: 0,
            shell,
        }
    }

    pub fn type_in(&mut self, keys: &str) {
        self.master
            .write_all(keys.as_bytes())
            .expect("the keyboard");
    }

    /// Types a command and waits for its first words; `say` must not stand in the command as typed.
    pub fn command(&mut self, command: &str, say: &str) {
        self.type_in(&format!("{command}\n"));
        self.shows(say);
    }

    /// The exit status of the last command, as the shell has it.
    pub fn status(&mut self) -> i32 {
        self.type_in("echo \"<$?>\"\n");
        let mut status = None;
        let shown = comes_true(|| {
            // The echo of what was typed has `<$?>` there.
            let rest = self.unread();
            status = rest
                .split('<')
                .find_map(|part| part.split_once('>')?.0.parse().ok());
            status.is_some()
        });
        assert!(shown, "no status; the screen has:\n{}", self.screen());
        let status = status.expect("it was found");
        self.shows(&format!("<{status}>"));
        status
    }

    /// Waits until `text` stands on the screen, after all that was waited for before.
    pub fn shows(&mut self, text: &str) {
        let mut found = None;
        let shown = comes_true(|| {
            let rest = self.unread();
            found = rest.find(text).map(|at| at + text.len());
            found.is_some()
        });
        assert!(
            shown,
            "never shown: {text:?}; the screen has:\n{}",
            self.unread()
        );
        self.read += found.expect("it was found");
    }

    fn unread(&self) -> String {
        let screen = self.screen.lock().expect("the reader");
        // Bash and our programs write ASCII, so that lengths in text are lengths in bytes.
        screen[self.read..]
            .iter()
            .map(|byte| char::from(byte & 0x7f))
            .collect()
    }

    /// Everything shown so far.
    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().expect("the reader")).into_owned()
    }

    /// The process group that has the keyboard.
    pub fn foreground(&self) -> Pid {
        nix::unistd::tcgetpgrp(&self.master).expect("tcgetpgrp")
    }

    pub fn shell(&self) -> Pid {
        Pid::from_raw(self.shell.id().cast_signed())
    }

    /// Waits until some job has the keyboard: the shell types nothing then.
    pub fn job(&self) -> Pid {
        let job = comes_true(|| self.foreground() != self.shell());
        assert!(
            job,
            "no job has the keyboard; the screen has:\n{}",
            self.screen()
        );
        self.foreground()
    }

    pub fn prompt(&self) {
        until("the shell in the foreground", || {
            self.foreground() == self.shell()
        });
    }

    pub fn resize(&self, rows: u16, columns: u16) {
        let size = libc::winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        // SAFETY: the request reads one winsize, which lives across the call.
        let set =
            unsafe { libc::ioctl(self.master.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
        assert_eq!(set, 0, "TIOCSWINSZ");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

fn take_the_terminal() -> std::io::Result<()> {
    nix::unistd::setsid()?;
    // SAFETY: the request takes a number.
    nix::errno::Errno::result(unsafe { libc::ioctl(0, libc::TIOCSCTTY, 0) })?;
    Ok(())
}

/// Reads all along, so that no program waits for the screen; until nobody has the other side open any more (EIO).
fn read_all(mut master: File, screen: Arc<Mutex<Vec<u8>>>) {
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = master.read(&mut buffer) {
            let read = &buffer[..count];
            screen.lock().expect("the writer").extend_from_slice(read);
        }
    });
}
