//! The target's filter: which system calls stop and notify the supervisor.
//!
//! Built by libseccomp, which knows numbers and architectures, and loaded by
//! us with seccomp(2): the libseccomp of Debian 12 (2.5.4) cannot set
//! `WAIT_KILLABLE_RECV`, without which a signal would make the program run
//! a call again that a worker has already done.

use anyhow::{Context, Result};
use libseccomp::{
    ScmpAction, ScmpArch, ScmpArgCompare, ScmpCompareOp, ScmpFilterContext, ScmpSyscall,
};
use nix::fcntl::OFlag;
use nix::unistd::pipe2;
use std::fs::File;
use std::io::Read;

/// One system call that is to notify the supervisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trap {
    /// The number of the call in the native ABI.
    pub nr: i64,
    pub when: When,
}

/// Which calls of a trapped number notify. The rest run natively, at no cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Always,
    /// The low 32 bits of argument `arg` are one of `values`.
    ArgIs {
        arg: u32,
        values: &'static [u32],
    },
    /// Argument `arg` is not `value`.
    ArgIsNot {
        arg: u32,
        value: u32,
    },
}

/// A compiled filter, ready for `seccomp(SECCOMP_SET_MODE_FILTER)`.
#[derive(Clone, Debug)]
pub struct Program(Vec<libc::sock_filter>);

/// `BPF_MAXINSNS` of the kernel's headers: longer programs are refused with EINVAL.
const MAX_INSTRUCTIONS: usize = 4096;

impl Program {
    /// Compiles the filter that traps exactly `traps`, and of the 32-bit calls
    /// a 64-bit program can make (`int 0x80`) exactly `i386`, by name.
    ///
    /// All else, x32 calls included, runs natively, which is always exact.
    ///
    /// # Errors
    /// When libseccomp refuses a rule, or the program would be too long.
    pub fn compile(traps: &[Trap], i386: &[(String, When)]) -> Result<Program> {
        let mut filter = new_filter()
            .context("seccomp filter: libseccomp cannot build one here: see asys doctor")?;
        for trap in traps {
            let call = ScmpSyscall::from(i32::try_from(trap.nr)?);
            add(&mut filter, call, trap.when).context("seccomp filter")?;
        }
        if !i386.is_empty() {
            filter
                .merge(thirty_two_bit(i386)?)
                .context("seccomp filter: 32-bit calls")?;
        }
        // A pipe holds the longest program, and RLIMIT_FSIZE does not bound it.
        let (read, write) = pipe2(OFlag::O_CLOEXEC).context("seccomp filter: pipe")?;
        filter
            .export_bpf(&write)
            .context("seccomp filter: export")?;
        drop(write);
        let mut bytes = Vec::new();
        File::from(read).read_to_end(&mut bytes)?;
        let program = Program(bytes.chunks_exact(8).map(instruction).collect());
        anyhow::ensure!(
            program.0.len() <= MAX_INSTRUCTIONS,
            "seccomp filter: {} instructions, the kernel takes {MAX_INSTRUCTIONS}",
            program.0.len()
        );
        Ok(program)
    }

    /// The instructions, in the kernel's layout.
    #[must_use]
    pub fn instructions(&self) -> &[libc::sock_filter] {
        &self.0
    }
}

fn new_filter() -> Result<ScmpFilterContext> {
    let mut filter = ScmpFilterContext::new(ScmpAction::Allow)?;
    filter.set_act_badarch(ScmpAction::Allow)?;
    // A binary tree: the default program tests the numbers one after another.
    filter.set_ctl_optimize(2)?;
    Ok(filter)
}

fn thirty_two_bit(calls: &[(String, When)]) -> Result<ScmpFilterContext> {
    let mut filter = new_filter()?;
    filter.remove_arch(ScmpArch::Native)?;
    filter.add_arch(ScmpArch::X86)?;
    for (name, when) in calls {
        let call = ScmpSyscall::from_name(name)?;
        add(&mut filter, call, *when).with_context(|| format!("seccomp filter: {name}"))?;
    }
    Ok(filter)
}

/// Adds the rules for one call; several for one number are alternatives.
fn add(filter: &mut ScmpFilterContext, call: ScmpSyscall, when: When) -> Result<()> {
    let action = ScmpAction::Notify;
    let compare = |arg, op, value: u32| ScmpArgCompare::new(arg, op, value.into());
    match when {
        When::Always => {
            filter.add_rule(action, call)?;
        }
        When::ArgIs { arg, values } => {
            for value in values {
                let is = compare(arg, ScmpCompareOp::MaskedEqual(0xffff_ffff), *value);
                filter.add_rule_conditional(action, call, &[is])?;
            }
        }
        When::ArgIsNot { arg, value } => {
            let is_not = compare(arg, ScmpCompareOp::NotEqual, value);
            filter.add_rule_conditional(action, call, &[is_not])?;
        }
    }
    Ok(())
}

fn instruction(bytes: &[u8]) -> libc::sock_filter {
    libc::sock_filter {
        code: u16::from_ne_bytes([bytes[0], bytes[1]]),
        jt: bytes[2],
        jf: bytes[3],
        k: u32::from_ne_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trap(nr: i64) -> Trap {
        Trap {
            nr,
            when: When::Always,
        }
    }

    /// What the filter says of a call: a small interpreter of the few
    /// instructions libseccomp emits.
    fn verdict(program: &Program, arch: u32, nr: u32, arg0: u64) -> u32 {
        let mut data = [0u8; 64];
        data[0..4].copy_from_slice(&nr.to_ne_bytes());
        data[4..8].copy_from_slice(&arch.to_ne_bytes());
        data[16..24].copy_from_slice(&arg0.to_ne_bytes());
        let (mut pc, mut acc) = (0usize, 0u32);
        loop {
            let i = program.0[pc];
            let jump = |hit: bool| usize::from(if hit { i.jt } else { i.jf });
            pc += 1;
            match u32::from(i.code) {
                0x20 => {
                    let at = i.k as usize;
                    acc = u32::from_ne_bytes(data[at..at + 4].try_into().unwrap());
                }
                0x15 => pc += jump(acc == i.k),
                0x25 => pc += jump(acc > i.k),
                0x35 => pc += jump(acc >= i.k),
                0x54 => acc &= i.k,
                0x05 => pc += i.k as usize,
                0x06 => return i.k,
                other => panic!("unknown instruction {other:#x}"),
            }
        }
    }

    const X86_64: u32 = 0xc000_003e;
    const I386: u32 = 0x4000_0003;

    #[test]
    fn traps_exactly_what_it_is_told() {
        let numbers = [0i64, 2, 4, 82, 257, 262, 332, 439];
        let program = Program::compile(&numbers.map(trap), &[]).unwrap();
        for nr in 0..600u32 {
            let expected = if numbers.contains(&i64::from(nr)) {
                libc::SECCOMP_RET_USER_NOTIF
            } else {
                libc::SECCOMP_RET_ALLOW
            };
            assert_eq!(verdict(&program, X86_64, nr, 0), expected, "call {nr}");
        }
    }

    #[test]
    fn foreign_architectures_run_natively() {
        let program = Program::compile(&[trap(2), trap(5)], &[]).unwrap();
        for nr in [2, 5, 0x4000_0002] {
            let arch = if nr > 1000 { X86_64 } else { I386 };
            assert_eq!(verdict(&program, arch, nr, 0), libc::SECCOMP_RET_ALLOW);
        }
    }

    #[test]
    fn thirty_two_bit_calls_trap_by_their_own_numbers() {
        let names = [
            ("umask".to_owned(), When::Always),
            ("setuid32".to_owned(), When::Always),
        ];
        let program = Program::compile(&[trap(2), trap(60)], &names).unwrap();
        let notify = libc::SECCOMP_RET_USER_NOTIF;
        for nr in 0..500 {
            let trapped = [60, 213].contains(&nr);
            let expected = if trapped {
                notify
            } else {
                libc::SECCOMP_RET_ALLOW
            };
            assert_eq!(verdict(&program, I386, nr, 0), expected, "call {nr}");
        }
        assert_eq!(verdict(&program, X86_64, 2, 0), notify);
        assert_eq!(verdict(&program, X86_64, 213, 0), libc::SECCOMP_RET_ALLOW);
    }

    #[test]
    fn arguments_narrow_a_trap() {
        let when = When::ArgIs {
            arg: 0,
            values: &[28, 40],
        };
        let program = Program::compile(&[Trap { nr: 157, when }], &[]).unwrap();
        let notify = libc::SECCOMP_RET_USER_NOTIF;
        assert_eq!(verdict(&program, X86_64, 157, 28), notify);
        assert_eq!(
            verdict(&program, X86_64, 157, 0xdead_0000_0000_001c),
            notify
        );
        assert_eq!(verdict(&program, X86_64, 157, 15), libc::SECCOMP_RET_ALLOW);
        let when = When::ArgIsNot { arg: 0, value: 0 };
        let program = Program::compile(&[Trap { nr: 302, when }], &[]).unwrap();
        assert_eq!(verdict(&program, X86_64, 302, 7), notify);
        assert_eq!(verdict(&program, X86_64, 302, 0), libc::SECCOMP_RET_ALLOW);
    }
}
