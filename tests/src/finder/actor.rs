//! A thread or process that makes its steps when it is its turn, and writes down what it saw.
//!
//! # Safety
//! The calls are those of a program in assembler, with any argument: pointers are into the actor's own arena or wrong
//! on purpose. Descriptors are nothing Rust owns.

use crate::finder::area::{Area, Block, EPOCHS};
use crate::finder::arena::{self, Laid, Place};
use crate::finder::language::{ACTORS, Round, Sequence, Step};
use crate::finder::shapes::{Own, What};
use crate::finder::signals::{self, catch_all, count, mask, mask_poke, set_handler};
use crate::finder::{conductor, text};
use anyhow::{Context, Result};
use nix::errno::Errno;
use std::fs::File;
use std::os::fd::FromRawFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Where every actor has the area, for the program it may become.
pub const AREA: i32 = 900;

/// Descriptors that are looked at in the end.
pub const LOOKED_AT: i32 = 24;

#[derive(Debug, Clone)]
pub struct Actor {
    pub block: &'static Block,
    pub sequence: Arc<Sequence>,
    /// The sequence's number in its batch.
    pub number: usize,
    /// The directory of the sequence.
    pub root: Arc<[u8]>,
    pub me: usize,
}

/// So many times a call must be interrupted to be one that waits.
const PATIENT: usize = 2;

/// What is no step: never interrupted.
pub fn surely(number: i64, args: [u64; 6]) -> i64 {
    loop {
        match raw(number, args) {
            ret if ret == -i64::from(libc::EINTR) => {}
            ret => return ret,
        }
    }
}

pub fn raw(number: i64, args: [u64; 6]) -> i64 {
    let [a, b, c, d, e, f] = args;
    // SAFETY: see the module's head.
    match unsafe { libc::syscall(number, a, b, c, d, e, f) } {
        -1 => -i64::from(Errno::last_raw()),
        ret => ret,
    }
}

pub fn own_id(number: i64) -> i32 {
    raw(number, [0; 6]) as i32
}

impl Actor {
    /// From that round on, to the end; nobody comes back.
    pub fn play(&self, from: usize) -> ! {
        for number in from..self.sequence.len() {
            let sequence = Arc::clone(&self.sequence);
            if let Some(step) = sequence[number].step_of(self.me) {
                self.block.wait_for(number as u32);
                self.step(number, step);
                self.done(number);
            }
        }
        let last = self.sequence.len() + self.me;
        self.block.wait_for(last as u32);
        self.look_back(last);
        self.done(last);
        loop {
            self.block.wait_while(self.block.turn(), None);
        }
    }

    /// The first of them, in a sequence that has not begun.
    pub fn begin(&self) -> ! {
        catch_all();
        self.introduce();
        self.next(0);
        self.play(0)
    }

    fn introduce(&self) {
        let tid = signals::introduce(self.me);
        self.block.tids[self.me].store(tid, Ordering::Release);
        self.block.pids[self.me].store(own_id(libc::SYS_getpid), Ordering::Release);
    }

    pub fn done(&self, number: usize) {
        if self.block.step_done() {
            self.next(number + 1);
        }
    }

    /// The next round in which somebody has something to do.
    fn next(&self, from: usize) {
        let end = self.sequence.len() + ACTORS;
        for next in from..end {
            let steps = match self.sequence.get(next) {
                Some(round) => self.alive_in(round),
                None => u32::from(self.block.is_alive(next - self.sequence.len())),
            };
            if steps > 0 {
                return self.block.begin(next as u32, steps);
            }
        }
        self.block.begin(end as u32, 1);
    }

    fn alive_in(&self, round: &Round) -> u32 {
        let alive = |step: &&Step| self.block.is_alive(usize::from(step.actor));
        round.0.iter().filter(alive).count() as u32
    }

    fn step(&self, number: usize, step: &Step) {
        // Signals that are due are caught at the end of any call.
        own_id(libc::SYS_gettid);
        let caught = match self.sequence[number].0.len() {
            1 => signals::caught(self.me),
            // It may be on its way.
            _ => 0,
        };
        let place = Place {
            actor: self.me,
            root: &self.root,
            step: number,
            pids: &self.block.pids,
            tids: &self.block.tids,
        };
        let laid = place.lay(&step.args);
        let ret = match step.shape.what {
            What::Call(call) => self.call(call, &laid),
            What::Own(own) => self.own(own, number, &laid),
        };
        self.record(number, ret, caught, step, &laid);
        if (step.shape.what, ret) == (What::Own(Own::Leave), 0) {
            self.leave(number);
        }
    }

    fn call(&self, call: i64, laid: &Laid) -> i64 {
        let args = laid.registers;
        let mut ret = raw(call, args);
        // asys(7): a signal that arrives before a worker has received a call makes it EINTR. What waits, is
        // interrupted again.
        for _ in 0..PATIENT {
            if ret != -i64::from(libc::EINTR) {
                break;
            }
            ret = raw(call, args);
        }
        // openat2(2): "try again" is what it says while anything on the machine is renamed or mounted.
        for _ in 0..200 {
            if !(ret == -i64::from(libc::EAGAIN) && call == libc::SYS_openat2) {
                break;
            }
            std::thread::yield_now();
            ret = raw(call, args);
        }
        if ret == 0 && [libc::SYS_chdir, libc::SYS_fchdir].contains(&call) {
            self.stay_at_home();
        }
        ret
    }

    /// Nobody leaves the directory of the sequence.
    fn stay_at_home(&self) {
        let mut buffer = [0u8; 4096];
        let length = raw(
            libc::SYS_getcwd,
            [buffer.as_mut_ptr() as u64, 4096, 0, 0, 0, 0],
        );
        let is_inside = length > 0 && buffer.starts_with(&self.root);
        if !is_inside && !buffer.starts_with(b"(") {
            let home = [&self.root[..], b"\0"].concat();
            raw(libc::SYS_chdir, [home.as_ptr() as u64, 0, 0, 0, 0, 0]);
        }
    }

    fn own(&self, own: Own, number: usize, laid: &Laid) -> i64 {
        let [a, b, ..] = laid.registers;
        match own {
            Own::Spawn => self.spawn(a as usize, b as i32, number),
            Own::Exec => self.become_new(number),
            Own::Leave => {
                match own_id(libc::SYS_gettid) == own_id(libc::SYS_getpid) && self.has_threads() {
                    // A process whose first thread is gone is nothing asys(7) speaks of.
                    true => -i64::from(libc::EBUSY),
                    false => 0,
                }
            }
            Own::Tick => i64::from(tick(self.block)),
            Own::Handle => match b {
                0 => set_handler(a as i32, libc::SIG_DFL, 0),
                1 => set_handler(a as i32, libc::SIG_IGN, 0),
                2 => set_handler(a as i32, count as *const () as usize, 0),
                _ => set_handler(a as i32, count as *const () as usize, libc::SA_RESTART),
            },
            Own::Mask => mask(
                a as i32,
                if b == 0 {
                    libc::SIG_BLOCK
                } else {
                    libc::SIG_UNBLOCK
                },
            ),
        }
    }

    fn has_threads(&self) -> bool {
        let me = own_id(libc::SYS_getpid);
        let same = |i: &usize| {
            self.block.is_alive(*i) && self.block.pids[*i].load(Ordering::Acquire) == me
        };
        (0..ACTORS).filter(same).count() > 1
    }

    fn spawn(&self, who: usize, how: i32, number: usize) -> i64 {
        if who >= ACTORS
            || self.block.is_alive(who)
            || self.block.tids[who].load(Ordering::Acquire) != 0
        {
            return -i64::from(libc::EEXIST);
        }
        let mut other = self.clone();
        other.me = who;
        if how & libc::CLONE_THREAD != 0 {
            let thread = std::thread::Builder::new().stack_size(256 << 10);
            if thread.spawn(move || other.join_in(number + 1)).is_err() {
                return -i64::from(libc::EAGAIN);
            }
        } else {
            // All are the conductor's children: whose end nobody waits for is no difference.
            let flags =
                how & (libc::CLONE_FILES | libc::CLONE_FS) | libc::CLONE_PARENT | libc::SIGCHLD;
            let pid = raw(libc::SYS_clone, [flags as u64, 0, 0, 0, 0, 0]);
            match pid {
                0 => other.join_in(number + 1),
                pid if pid < 0 => return pid,
                _ => {}
            }
        }
        while self.block.tids[who].load(Ordering::Acquire) == 0 {
            std::thread::yield_now();
        }
        self.block.set_alive(who, true);
        0
    }

    /// This very program, from its beginning: it goes on with the next round.
    fn become_new(&self, number: usize) -> i64 {
        let words = [
            "twin",
            "--twin-actor",
            &self.number.to_string(),
            &self.me.to_string(),
            &number.to_string(),
        ];
        let words: Vec<_> = words
            .iter()
            .map(|word| std::ffi::CString::new(*word).expect("a word"))
            .collect();
        let mut argv: Vec<u64> = words.iter().map(|word| word.as_ptr() as u64).collect();
        argv.push(0);
        let program = c"/proc/self/exe".as_ptr() as u64;
        let environment = [0u64];
        let me = own_id(libc::SYS_getpid);
        let others: Vec<usize> = (0..ACTORS)
            .filter(|i| *i != self.me && self.block.is_alive(*i))
            .filter(|i| self.block.pids[*i].load(Ordering::Acquire) == me)
            .collect();
        // Threads end with the program they run.
        others.iter().for_each(|i| self.block.set_alive(*i, false));
        // Until the new program has its handlers.
        mask_poke(libc::SIG_BLOCK);
        let ret = surely(
            libc::SYS_execve,
            [
                program,
                argv.as_ptr() as u64,
                environment.as_ptr() as u64,
                0,
                0,
                0,
            ],
        );
        mask_poke(libc::SIG_UNBLOCK);
        others.iter().for_each(|i| self.block.set_alive(*i, true));
        ret
    }

    fn join_in(&self, from: usize) -> ! {
        self.introduce();
        self.play(from)
    }

    fn leave(&self, number: usize) -> ! {
        self.block.set_alive(self.me, false);
        let pid = own_id(libc::SYS_getpid);
        match own_id(libc::SYS_gettid) == pid {
            // What it has open is closed when it is gone, which the conductor sees.
            true => self.block.leaving.store(pid, Ordering::Release),
            false => self.done(number),
        }
        loop {
            raw(libc::SYS_exit, [0; 6]);
        }
    }
}

fn clock(which: libc::clockid_t) -> u64 {
    let mut time: libc::timespec = crate::twin::blank();
    // SAFETY: a place for the answer.
    unsafe { libc::clock_gettime(which, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Waits until the clock that files are stamped by has gone on. The number of the epoch that begins.
pub fn tick(block: &Block) -> u32 {
    let epoch = block.epochs.load(Ordering::Relaxed) as usize;
    if epoch >= EPOCHS {
        return 0;
    }
    // Stamps can be finer than the coarse clock, never ahead of the fine one.
    let start = clock(libc::CLOCK_REALTIME);
    let mut now = start;
    while now <= start {
        std::thread::sleep(std::time::Duration::from_micros(300));
        now = clock(libc::CLOCK_REALTIME_COARSE);
    }
    block.ticks[epoch].store(now, Ordering::Relaxed);
    block.epochs.store(epoch as u32 + 1, Ordering::Release);
    epoch as u32 + 1
}

/// The program an actor has become: `--twin-actor SEQUENCE ACTOR ROUND`. It finds the area where it left it.
pub fn main_again(args: &[String]) -> Result<()> {
    let [number, me, round] = args else {
        anyhow::bail!("--twin-actor SEQUENCE ACTOR ROUND");
    };
    let (number, me, round): (usize, usize, usize) = (number.parse()?, me.parse()?, round.parse()?);
    // SAFETY: the descriptor was put there for us; it stays open, for the next program.
    let file = std::mem::ManuallyDrop::new(unsafe { File::from_raw_fd(AREA) });
    let area = Area::open(&file)?;
    let play = conductor::Play::parse(area.text())?;
    let sequence = play.sequences.get(number).context("no such sequence")?;
    arena::map();
    let actor = Actor {
        block: area.block(number),
        sequence: Arc::new(text::parse(sequence)?),
        number,
        root: play.root_of(number).into(),
        me,
    };
    catch_all();
    actor.introduce();
    mask_poke(libc::SIG_UNBLOCK);
    let mut record = Vec::new();
    record.extend((round as u32).to_ne_bytes());
    record.extend(0i64.to_ne_bytes());
    record.extend(0u32.to_ne_bytes());
    actor.log(record);
    actor.done(round);
    actor.play(round + 1)
}
