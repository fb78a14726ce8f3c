use super::{WAITS, Wait};
use crate::deadline::until;
use crate::other::beside;
use crate::signals::{block, catch, catch_with, caught};
use crate::twin::Twin;
use nix::sys::signal::{SaFlags, SigSet, Signal, kill};
use nix::unistd::Pid;

fn unblock(signal: Signal) {
    SigSet::from(signal).thread_unblock().expect("sigprocmask");
}

/// The one that does not block it is the one that waits.
pub fn to_the_process(t: &mut Twin) {
    catch(Signal::SIGUSR1);
    block(Signal::SIGUSR1);
    for call in WAITS {
        let wait = Wait::new(call);
        beside(
            t,
            call,
            |caller| {
                caller.hears_until_it_returns(|_| {
                    kill(Pid::this(), Signal::SIGUSR1).expect("kill");
                });
            },
            |t| {
                unblock(Signal::SIGUSR1);
                let done = wait.wait(t);
                block(Signal::SIGUSR1);
                done
            },
        );
        wait.close();
    }
    t.note("caught", caught() >= 8);
}

pub fn to_the_thread(t: &mut Twin) {
    catch(Signal::SIGUSR1);
    for call in WAITS {
        let wait = Wait::new(call);
        beside(
            t,
            call,
            |caller| {
                caller.hears_until_it_returns(|caller| {
                    caller.sends_to_the_thread(Signal::SIGUSR1);
                });
            },
            |t| {
                let done = wait.wait(t);
                // The last may have come too late.
                block(Signal::SIGUSR1);
                done
            },
        );
        wait.close();
    }
}

/// Another thread takes it: the call goes on.
pub fn for_another(t: &mut Twin) {
    catch_with(Signal::SIGUSR1, SaFlags::empty());
    for call in WAITS {
        let wait = Wait::new(call);
        beside(
            t,
            call,
            |caller| {
                for _ in 0..3 {
                    caller.waits();
                    let before = caught();
                    kill(Pid::this(), Signal::SIGUSR1).expect("kill");
                    until("the signal", || caught() > before);
                }
                caller.waits();
                wait.give();
            },
            |t| {
                block(Signal::SIGUSR1);
                wait.wait(t)
            },
        );
        t.note("caught", caught());
        wait.close();
    }
}
