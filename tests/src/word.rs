//! A word between processes: one hears what the other has said.

use std::io::{PipeReader, PipeWriter, Read, Write, pipe};

#[derive(Debug)]
pub struct Word(PipeReader, PipeWriter);

impl Word {
    pub fn new() -> Self {
        let (reader, writer) = pipe().expect("a pipe");
        Self(reader, writer)
    }

    pub fn say(&self) {
        (&self.1).write_all(b"x").expect("a word");
    }

    pub fn hear(&self) {
        (&self.0).read_exact(&mut [0]).expect("a word");
    }
}

impl Default for Word {
    fn default() -> Self {
        Self::new()
    }
}
