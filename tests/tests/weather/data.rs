//! Random operations on one file by several processes: every byte is where it belongs.
//!
//! In the manner of fsx: each process owns every fourth block, keeps in memory what they should hold, and compares at
//! every read. What is found and left depends on the seed alone, so that two runs can be compared, too.

use crate::Tables;
use asys_tests::play;
use asys_tests::session::{Session, twins};
use asys_tests::{part, test};
use nix::fcntl::{FallocateFlags, copy_file_range, fallocate};
use std::fs::File;
use std::io::{IoSlice, IoSliceMut, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;

pub const TABLES: Tables = (&[test!(exercised)], &[part!(exercises)]);

const SEEDS: [&str; 2] = ["1", "20070215"];
const PROCESSES: u64 = 4;
const OPERATIONS: u64 = 12_500;
const BLOCK: usize = 4096;
const BLOCKS: u64 = 64;

fn exercised() {
    for seed in SEEDS {
        twins(|session| seen(session, seed));
    }
}

fn seen(session: &Session, seed: &str) -> (Option<i32>, String, String) {
    let ended = session.run(&play::part("exercises", &[seed]));
    assert_eq!(ended.status.code(), Some(0), "{}", ended.err);
    (ended.status.code(), ended.out, ended.err)
}

/// xorshift64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// A stretch of one block.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    at: u64,
    len: usize,
}

struct Exerciser {
    number: u64,
    dice: Dice,
    file: File,
    /// What its own blocks hold.
    model: Vec<u8>,
}

/// FNV-1a.
fn checksum(bytes: &[u8]) -> u64 {
    let step = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

pub fn exercises(args: &[String]) -> i32 {
    let seed: u64 = args[0].parse().expect("a seed");
    let size = BLOCKS * BLOCK as u64;
    File::create("data")
        .and_then(|file| file.set_len(size))
        .expect("data");
    let children: Vec<i32> = (0..PROCESSES)
        .map(|number| exerciser(number, seed))
        .collect();
    for child in children {
        let mut status = 0;
        // SAFETY: a status to write.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        assert_eq!(status, 0, "seed {seed}");
    }
    let data = std::fs::read("data").expect("read");
    println!("{} bytes, {:016x}", data.len(), checksum(&data));
    0
}

/// A child with blocks of its own.
fn exerciser(number: u64, seed: u64) -> i32 {
    // SAFETY: the process has one thread, so the child may go on as an ordinary process.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let mut exerciser = Exerciser {
            number,
            dice: Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + number + 1),
            file: open(),
            model: vec![0; BLOCKS as usize * BLOCK],
        };
        (0..OPERATIONS).for_each(|step| exerciser.act(step));
        std::process::exit(0);
    }
    child
}

fn open() -> File {
    File::options()
        .read(true)
        .write(true)
        .open("data")
        .expect("open")
}

impl Exerciser {
    fn stretch(&mut self) -> Stretch {
        let block = self.dice.below(BLOCKS / PROCESSES) * PROCESSES + self.number;
        let start = self.dice.below(BLOCK as u64);
        let len = 1 + self.dice.below(BLOCK as u64 - start);
        Stretch {
            at: block * BLOCK as u64 + start,
            len: len as usize,
        }
    }

    fn act(&mut self, step: u64) {
        let here = self.stretch();
        match self.dice.below(12) {
            0..=3 => self.writes(here),
            4..=8 => self.reads(here, step),
            9 => self.copies(here),
            10 => self.punches(here),
            _ if step.is_multiple_of(50) => self.file.sync_data().expect("fdatasync"),
            _ => self.file = open(),
        }
    }

    fn writes(&mut self, Stretch { at, len }: Stretch) {
        let bytes: Vec<u8> = (0..len).map(|_| self.dice.below(256) as u8).collect();
        match self.dice.below(3) {
            0 => self.file.write_all_at(&bytes, at).expect("pwrite"),
            1 => {
                self.file.seek(SeekFrom::Start(at)).expect("lseek");
                self.file.write_all(&bytes).expect("write");
            }
            _ => {
                let (front, back) = bytes.split_at(len / 3);
                self.file.seek(SeekFrom::Start(at)).expect("lseek");
                let parts = [IoSlice::new(front), IoSlice::new(&[]), IoSlice::new(back)];
                assert_eq!(self.file.write_vectored(&parts).expect("writev"), len);
            }
        }
        self.model[at as usize..][..len].copy_from_slice(&bytes);
    }

    fn reads(&mut self, Stretch { at, len }: Stretch, step: u64) {
        let mut bytes = vec![0; len];
        match self.dice.below(3) {
            0 => self.file.read_exact_at(&mut bytes, at).expect("pread"),
            1 => {
                self.file.seek(SeekFrom::Start(at)).expect("lseek");
                self.file.read_exact(&mut bytes).expect("read");
            }
            _ => {
                let (front, back) = bytes.split_at_mut(len / 2);
                self.file.seek(SeekFrom::Start(at)).expect("lseek");
                let mut parts = [IoSliceMut::new(front), IoSliceMut::new(back)];
                assert_eq!(self.file.read_vectored(&mut parts).expect("readv"), len);
            }
        }
        let should_be = &self.model[at as usize..][..len];
        let wrong = bytes
            .iter()
            .zip(should_be)
            .position(|(is, should)| is != should);
        assert_eq!(
            wrong, None,
            "step {step} of {}: at {at}, {len} bytes",
            self.number
        );
    }

    /// Within its own blocks, which may overlap.
    fn copies(&mut self, from: Stretch) {
        let to = self.stretch();
        let len = from.len.min(to.len);
        if from.at.abs_diff(to.at) < len as u64 {
            return;
        }
        let (mut source, mut sink) = (from.at as i64, to.at as i64);
        let (from_end, to_end) = (Some(&mut source), Some(&mut sink));
        let copied = copy_file_range(&self.file, from_end, &self.file, to_end, len);
        assert_eq!(copied.expect("copy_file_range"), len);
        let start = from.at as usize;
        self.model.copy_within(start..start + len, to.at as usize);
    }

    fn punches(&mut self, Stretch { at, len }: Stretch) {
        let hole = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
        match fallocate(&self.file, hole, at as i64, len as i64) {
            Ok(()) => self.model[at as usize..][..len].fill(0),
            // Not on every file system.
            Err(errno) => assert_eq!(errno, nix::errno::Errno::EOPNOTSUPP),
        }
    }
}
