//! Another process, which does something while the case waits in a call.

use crate::deadline::until;
use crate::proc;
use crate::twin::{self, Twin};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

/// Who makes the call, as the other sees it.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    pid: Pid,
    number: i64,
    /// In memory that both have.
    returned: &'static AtomicBool,
}

/// `body` waits in `call` at some time; `act` is done by another process meanwhile, which has every descriptor that
/// there is now. Returns when both are done. Lines are the body's to write.
pub fn meanwhile<T>(
    t: &mut Twin,
    call: &str,
    act: impl FnOnce(&Caller),
    body: impl FnOnce(&mut Twin) -> T,
) -> T {
    let caller = Caller {
        pid: Pid::this(),
        number: twin::number(call),
        returned: shared_flag(),
    };
    let other = start(&caller, act);
    let done = body(t);
    caller.returned.store(true, Ordering::SeqCst);
    let status = wait_for(other);
    assert_eq!(status, 0, "the other process failed");
    done
}

/// As [`meanwhile`], but `body` is in another thread, and `act` in the case's first.
pub fn beside<T: Send>(
    t: &mut Twin,
    call: &str,
    act: impl FnOnce(&Caller),
    body: impl FnOnce(&mut Twin) -> T + Send,
) -> T {
    let number = twin::number(call);
    let returned = shared_flag();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let thread = scope.spawn(move || {
            tell.send(nix::unistd::gettid()).expect("the first thread");
            let done = body(t);
            returned.store(true, Ordering::SeqCst);
            done
        });
        let pid = told.recv().expect("the thread");
        act(&Caller {
            pid,
            number,
            returned,
        });
        thread.join().expect("the thread")
    })
}

fn start(caller: &Caller, act: impl FnOnce(&Caller)) -> Pid {
    // Where Yama forbids it, only so may a child see in which call its parent is. Elsewhere it means nothing.
    // SAFETY: plain numbers.
    unsafe { libc::prctl(libc::PR_SET_PTRACER, libc::PR_SET_PTRACER_ANY, 0, 0, 0) };
    // SAFETY: the case is single-threaded here, and the child leaves through `_exit`.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0, "fork failed");
    if pid == 0 {
        let died = nix::sys::prctl::set_pdeathsig(Signal::SIGKILL);
        let done = catch_unwind(AssertUnwindSafe(|| act(caller)));
        let failed = died.is_err() || done.is_err();
        // SAFETY: ends the child without running the parent's exit handlers.
        unsafe { libc::_exit(i32::from(failed)) };
    }
    Pid::from_raw(pid)
}

fn wait_for(pid: Pid) -> i32 {
    let mut status = 0;
    // SAFETY: a place for the status of our own child.
    while unsafe { libc::waitpid(pid.as_raw(), &raw mut status, 0) } != pid.as_raw() {}
    status
}

fn shared_flag() -> &'static AtomicBool {
    let (prot, flags) = (
        libc::PROT_READ | libc::PROT_WRITE,
        libc::MAP_SHARED | libc::MAP_ANONYMOUS,
    );
    let none = std::ptr::null_mut();
    // SAFETY: a new mapping touches no existing object.
    let page = unsafe { libc::mmap(none, crate::memory::PAGE, prot, flags, -1, 0) };
    assert_ne!(page, libc::MAP_FAILED, "mmap failed");
    // SAFETY: zeroed memory, aligned, that is never unmapped.
    unsafe { AtomicBool::from_ptr(page.cast()) }
}

impl Caller {
    /// The kernel has begun it, and waits. A call that is still held back has the same number.
    fn is_in_the_call(&self) -> bool {
        let read = |file: &str| std::fs::read_to_string(format!("/proc/{}/{file}", self.pid));
        if read("wchan").unwrap_or_default().contains("seccomp") {
            return false;
        }
        let text = read("syscall").unwrap_or_default();
        let number = text.split(' ').next().and_then(|word| word.parse().ok());
        // Under the second name a stopped call goes on.
        number.is_some_and(|number: i64| [self.number, libc::SYS_restart_syscall].contains(&number))
    }

    fn has_returned(&self) -> bool {
        self.returned.load(Ordering::SeqCst)
    }

    /// Returns when it waits in the call, or has come back from all of them.
    pub fn waits(&self) {
        until("the caller to wait in its call", || {
            self.has_returned() || self.is_in_the_call()
        });
    }

    pub fn sends(&self, signal: Signal) {
        kill(self.pid, signal).expect("kill");
    }

    /// To this thread alone.
    pub fn sends_to_the_thread(&self, signal: Signal) {
        let process = Pid::this().as_raw();
        // SAFETY: plain numbers.
        let sent =
            unsafe { libc::syscall(libc::SYS_tgkill, process, self.pid.as_raw(), signal as i32) };
        assert_eq!(sent, 0, "tgkill");
    }

    /// By `send`, again and again until the call returns.
    pub fn hears_until_it_returns(&self, send: impl Fn(&Self)) {
        until("the caller to come back", || {
            if self.is_in_the_call() {
                send(self);
            }
            self.has_returned()
        });
    }

    /// A signal amid the call, and again, and again, so often: each after the one before has been taken.
    pub fn signals(&self, signal: Signal, times: u32) {
        for _ in 0..times {
            self.waits();
            self.sends(signal);
            until("the signal to be taken", || !proc::pends(self.pid, signal));
        }
        self.waits();
    }

    /// Signals amid the call until it returns: the first may come before the call has begun to wait.
    pub fn signals_until_it_returns(&self, signal: Signal) {
        self.hears_until_it_returns(|caller| caller.sends(signal));
    }

    /// Amid the call: stopped, and continued, so often.
    pub fn stops(&self, times: u32) {
        for _ in 0..times {
            self.waits();
            self.stops_once();
        }
        self.waits();
    }

    /// Until the call returns.
    pub fn stops_until_it_returns(&self) {
        self.hears_until_it_returns(Self::stops_once);
    }

    fn stops_once(&self) {
        self.sends(Signal::SIGSTOP);
        until("the caller to stop", || proc::is_stopped(self.pid));
        self.sends(Signal::SIGCONT);
        until("the caller to go on", || !proc::is_stopped(self.pid));
    }
}
