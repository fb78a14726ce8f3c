//! Calls of 32 bits: by `int 0x80` in a program of 64, and by a program of 32.
//!
//! # Safety
//! As with [`Twin::call`](crate::twin::Twin::call): what an argument points to is the caller's business.

use crate::memory;
use std::ffi::CStr;

/// Of the 32-bit table.
pub mod nr {
    pub const EXIT: u32 = 1;
    pub const WRITE: u32 = 4;
    pub const OPEN: u32 = 5;
    pub const CLOSE: u32 = 6;
    pub const EXECVE: u32 = 11;
    pub const CHDIR: u32 = 12;
    pub const CHMOD: u32 = 15;
    pub const RENAME: u32 = 38;
    pub const MKDIR: u32 = 39;
    pub const UMASK: u32 = 60;
    pub const CHROOT: u32 = 61;
    pub const SETGROUPS: u32 = 81;
    pub const SYMLINK: u32 = 83;
    pub const SETFSUID: u32 = 138;
    pub const SETRESUID: u32 = 164;
    pub const SETGROUPS32: u32 = 206;
    pub const SETRESUID32: u32 = 208;
    pub const SETFSUID32: u32 = 215;
    pub const UNSHARE: u32 = 310;
}

/// The return of a call made in the 32-bit way, minus the errno when it failed.
#[cfg(target_arch = "x86_64")]
pub fn call(number: u32, args: [u32; 3]) -> i32 {
    let [first, second, third] = args.map(u64::from);
    let result: u64;
    // SAFETY: see the module's head. The kernel keeps the other registers but r8 to r11; rbx is saved by hand.
    unsafe {
        std::arch::asm!(
            "xchg rbx, {first}", "int 0x80", "xchg rbx, {first}",
            first = inout(reg) first => _,
            inlateout("rax") u64::from(number) => result,
            in("rcx") second, in("rdx") third,
            out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
    }
    result as i32
}

/// Texts where 32 bits can point to them.
#[derive(Debug)]
pub struct Low {
    next: usize,
}

impl Low {
    pub fn new() -> Self {
        Self {
            next: memory::low().address,
        }
    }

    pub fn put(&mut self, bytes: &[u8]) -> u32 {
        let at = self.next.next_multiple_of(8);
        self.next = at + bytes.len();
        // SAFETY: the page is writable, nobody else's, and longer than all that is put here.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), at as *mut u8, bytes.len()) };
        at as u32
    }

    pub fn text(&mut self, text: &CStr) -> u32 {
        self.put(text.to_bytes_with_nul())
    }
}

impl Default for Low {
    fn default() -> Self {
        Self::new()
    }
}

/// Where a program of ours lies, and where its code begins: after the two headers.
const BASE: u32 = 0x0804_8000;
const HEADERS: u32 = 52 + 32;

/// A program of 32 bits that makes these calls, one after the other, and ends with what the last one returned. Arguments
/// in `Text` are the address of a text of its own.
pub fn program(calls: &[(u32, [Operand; 3])]) -> Vec<u8> {
    const CALL: u32 = 4 * 5 + 2;
    const END: u32 = 2 + 5 + 2;
    let mut at = BASE + HEADERS + calls.len() as u32 * CALL + END;
    let (mut code, mut data) = (Vec::new(), Vec::new());
    for (number, args) in calls {
        code.extend(load(0xb8, *number));
        // Into ebx, ecx and edx.
        for (register, arg) in [0xbb, 0xb9, 0xba].into_iter().zip(args) {
            let value = match arg {
                Operand::Number(number) => *number,
                Operand::Text(text) => {
                    let bytes = text.to_bytes_with_nul();
                    data.extend_from_slice(bytes);
                    at += bytes.len() as u32;
                    at - bytes.len() as u32
                }
            };
            code.extend(load(register, value));
        }
        code.extend([0xcd, 0x80]);
    }
    // exit(eax)
    code.extend([0x89, 0xc3]);
    code.extend(load(0xb8, nr::EXIT));
    code.extend([0xcd, 0x80]);
    let length = HEADERS + (code.len() + data.len()) as u32;
    [&headers(length)[..], &code, &data].concat()
}

#[derive(Debug, Clone, Copy)]
pub enum Operand {
    Number(u32),
    Text(&'static CStr),
}

fn load(opcode: u8, value: u32) -> Vec<u8> {
    [&[opcode][..], &value.to_le_bytes()].concat()
}

/// elf(5): one segment, all of the file.
fn headers(length: u32) -> Vec<u8> {
    const EXECUTABLE: u32 = 2;
    const I386: u32 = 3;
    const ALL_RIGHTS: u32 = 7;
    let mut bytes = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    let words = [
        EXECUTABLE | I386 << 16,
        1,
        BASE + HEADERS,
        52,
        0,
        0,
        // The sizes of both headers, and how many there are of the second.
        52 | 32 << 16,
        1,
        0,
        // The segment.
        1,
        0,
        BASE,
        BASE,
        length,
        length,
        ALL_RIGHTS,
        4096,
    ];
    words
        .iter()
        .for_each(|word| bytes.extend(word.to_le_bytes()));
    bytes
}

/// Whether such a program can be run here.
pub fn runs() -> bool {
    use std::os::unix::fs::PermissionsExt;
    let Ok(dir) = tempfile::tempdir() else {
        return false;
    };
    let path = dir.path().join("program");
    let number = Operand::Number(0o022);
    let program = program(&[(nr::UMASK, [number; 3]), (nr::UMASK, [number; 3])]);
    let written = std::fs::write(&path, program);
    let mode = std::fs::Permissions::from_mode(0o755);
    let ready = written.and_then(|()| std::fs::set_permissions(&path, mode));
    let status = ready.and_then(|()| std::process::Command::new(&path).status());
    status.is_ok_and(|status| status.code() == Some(0o022))
}
