//! What a case saw, line by line, in memory shared with the runner.
//!
//! Recording must not be a system call: it would be trapped, could fail under the limits and identities a case puts
//! on, and would be lost when the case is killed. So the log is a shared file mapping without a descriptor: forked
//! children write into the same one, and after a hang the runner reads how far the case got.
//!
//! # Safety
//! The mapping is [`SIZE`] bytes of a file that nobody truncates. Its first eight bytes are the number of bytes used,
//! changed only by atomic addition, so every writer has its own range.

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

const SIZE: usize = 64 << 20;
const HEAD: usize = 8;

/// One line: a system call and its return, or something the case says about what it saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    Call {
        call: String,
        args: String,
        ret: String,
    },
    Note {
        note: String,
        is: String,
    },
}

#[derive(Debug, Clone, Copy)]
pub struct Log {
    base: *mut u8,
}

// SAFETY: writers share nothing but the atomic counter (see the module's head).
unsafe impl Send for Log {}

/// Makes the file that [`Log::open`] maps.
pub fn create(path: &Path) -> Result<()> {
    let file = File::create_new(path).with_context(|| format!("{}", path.display()))?;
    Ok(file.set_len(SIZE as u64)?)
}

impl Log {
    /// Maps the log and keeps no descriptor.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::options().read(true).write(true).open(path)?;
        // SAFETY: a new shared mapping of a file of our own; see the module's head.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                SIZE,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                0,
            )
        };
        ensure!(base != libc::MAP_FAILED, "cannot map {}", path.display());
        Ok(Self { base: base.cast() })
    }

    pub fn append(&self, line: &Line) {
        let text = serde_json::to_string(line).expect("a line is plain text") + "\n";
        // SAFETY: the counter lies at the start of the mapping, which is page-aligned and never unmapped.
        let used = unsafe { AtomicU64::from_ptr(self.base.cast()) };
        let at = HEAD + used.fetch_add(text.len() as u64, Ordering::Relaxed) as usize;
        assert!(at + text.len() <= SIZE, "the transcript is full");
        // SAFETY: the addition above made this range ours alone, and it lies inside the mapping.
        unsafe { std::ptr::copy_nonoverlapping(text.as_ptr(), self.base.add(at), text.len()) };
    }
}

/// The lines of a finished, or killed, case.
pub fn read(path: &Path) -> Result<Vec<Line>> {
    use std::io::Read;
    let mut file = File::open(path)?;
    let mut head = [0; HEAD];
    file.read_exact(&mut head)?;
    let mut text = String::new();
    file.take(u64::from_ne_bytes(head))
        .read_to_string(&mut text)?;
    let lines = text.lines().map(serde_json::from_str);
    Ok(lines.collect::<Result<_, _>>()?)
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Call { call, args, ret } => write!(f, "{call}({args}) = {ret}"),
            Self::Note { note, is } => write!(f, "{note}: {is}"),
        }
    }
}

/// Where the two transcripts part: the lines before, and both sides. `None` when they are equal.
pub fn difference(native: &[Line], asys: &[Line]) -> Option<String> {
    const CONTEXT: usize = 6;
    const SHOWN: usize = 8;
    let length = native.len().max(asys.len());
    let parts: Vec<usize> = (0..length)
        .filter(|&i| native.get(i) != asys.get(i))
        .collect();
    let first = *parts.first()?;
    let mut text = String::new();
    for line in &native[first.saturating_sub(CONTEXT)..first] {
        text += &format!("           {line}\n");
    }
    for &i in parts.iter().take(SHOWN) {
        let show = |side: &[Line]| {
            side.get(i)
                .map_or("(no more lines)".into(), Line::to_string)
        };
        text += &format!(
            "{i:5} native {}\n{i:5} asys   {}\n",
            show(native),
            show(asys)
        );
    }
    text += &format!("{} of {length} lines differ\n", parts.len());
    Some(text)
}
