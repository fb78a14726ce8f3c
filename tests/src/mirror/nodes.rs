//! The inodes the kernel knows, each held by a descriptor.
//!
//! They have the numbers of the files behind them, but for the root: a number cannot be given to another file while a
//! descriptor holds this one.

use fuser::INodeNo;
use nix::Result;
use nix::errno::Errno;
use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};

#[derive(Debug)]
struct Node {
    file: Arc<OwnedFd>,
    /// How often the kernel was told of it, and has not forgotten.
    lookups: u64,
}

#[derive(Debug)]
pub struct Nodes {
    /// The number of the root behind.
    root: u64,
    known: Mutex<HashMap<INodeNo, Node>>,
}

impl Nodes {
    /// The root is never forgotten.
    pub fn new(file: OwnedFd, number: u64) -> Self {
        let root = Node {
            file: Arc::new(file),
            lookups: 1,
        };
        Self {
            root: number,
            known: Mutex::new(HashMap::from([(INodeNo::ROOT, root)])),
        }
    }

    /// As the kernel shall know it.
    pub fn number(&self, behind: u64) -> INodeNo {
        match behind == self.root {
            true => INodeNo::ROOT,
            false => INodeNo(behind),
        }
    }

    pub fn get(&self, number: INodeNo) -> Result<Arc<OwnedFd>> {
        let known = self.known.lock().expect("the nodes");
        let node = known.get(&number).ok_or(Errno::ESTALE)?;
        Ok(node.file.clone())
    }

    /// The kernel will be told once more of this one.
    pub fn add(&self, number: INodeNo, file: OwnedFd) {
        let mut known = self.known.lock().expect("the nodes");
        let node = known.entry(number).or_insert_with(|| Node {
            file: Arc::new(file),
            lookups: 0,
        });
        node.lookups += 1;
    }

    pub fn forget(&self, number: INodeNo, lookups: u64) {
        let mut known = self.known.lock().expect("the nodes");
        let Some(node) = known.get_mut(&number) else {
            return;
        };
        node.lookups = node.lookups.saturating_sub(lookups);
        if node.lookups == 0 && number != INodeNo::ROOT {
            known.remove(&number);
        }
    }
}
