//! Whose call it is: captured from the stopped thread, worn by the worker.
//!
//! A worker wears file-system ids, supplementary groups and effective
//! capabilities, and never the target's real, effective or saved ids: those
//! decide who may signal, limit or trace a thread. CAP_SYS_PTRACE stays
//! effective throughout, because looking into the target needs it.

use crate::sys::creds::{self, CapSet, Caps};
use nix::errno::Errno;
use std::sync::Arc;

/// What the kernel checks a file-system call against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub fsuid: u32,
    pub fsgid: u32,
    pub groups: Arc<[u32]>,
    pub effective: CapSet,
}

/// What asys itself is, and so whose identity its workers can wear.
#[derive(Clone, Debug)]
pub struct Own {
    pub identity: Identity,
    caps: Caps,
    /// Real, effective, saved, file system.
    uids: [u32; 4],
    gids: [u32; 4],
}

impl Own {
    /// Looks at the calling thread.
    ///
    /// # Errors
    /// When the kernel refuses to tell.
    pub fn capture() -> Result<Own, Errno> {
        let caps = creds::capabilities(0)?;
        let groups = nix::unistd::getgroups()?;
        let mut groups: Vec<u32> = groups.iter().map(|g| g.as_raw()).collect();
        groups.sort_unstable();
        let identity = Identity {
            fsuid: nix::unistd::geteuid().as_raw(),
            fsgid: nix::unistd::getegid().as_raw(),
            groups: groups.into(),
            effective: caps.effective,
        };
        let uids = nix::unistd::getresuid()?;
        let gids = nix::unistd::getresgid()?;
        let uids = [uids.real, uids.effective, uids.saved, uids.effective].map(|id| id.as_raw());
        let gids = [gids.real, gids.effective, gids.saved, gids.effective].map(|id| id.as_raw());
        Ok(Own {
            identity,
            caps,
            uids,
            gids,
        })
    }

    /// Whether workers can be others: change ids, and look into them.
    #[must_use]
    pub fn can_wear(&self) -> bool {
        let needed = CapSet::SETUID
            .union(CapSet::SETGID)
            .union(CapSet::SYS_PTRACE);
        self.caps.effective.contains(needed)
    }

    /// Whether filters may be loaded without no_new_privs.
    #[must_use]
    pub fn can_filter(&self) -> bool {
        self.caps.effective.contains(CapSet::SYS_ADMIN)
    }

    /// Whether these are asys's own ids, every one of them.
    #[must_use]
    pub fn same_ids(&self, uids: &[u32; 4], gids: &[u32; 4]) -> bool {
        self.uids == *uids && self.gids == *gids
    }

    /// Whether the call of `other` can be carried out here at all.
    #[must_use]
    pub fn serves(&self, other: &Identity) -> bool {
        *other == self.identity
            || (self.can_wear() && self.caps.permitted.contains(other.effective))
    }
}

/// What one worker wears now. Equal identities in a row cost nothing.
#[derive(Debug)]
pub struct Wardrobe {
    own: Own,
    /// `None` after a change that failed half-way.
    worn: Option<Identity>,
    umask: Umask,
}

/// The umask of a worker.
#[derive(Clone, Copy, Debug)]
enum Umask {
    /// Its own, last set to this.
    Own(u32),
    /// The whole process's, because unshare(2) is refused here.
    Shared(u32),
}

impl Wardrobe {
    /// For the calling worker. `umask` is what asys was started with.
    #[must_use]
    pub fn new(own: &Own, umask: u32) -> Wardrobe {
        let umask = match creds::unshare_fs() {
            Ok(()) => Umask::Own(umask),
            Err(_) => Umask::Shared(umask),
        };
        Wardrobe {
            worn: Some(own.identity.clone()),
            own: own.clone(),
            umask,
        }
    }

    /// Puts `identity` on the calling thread.
    ///
    /// # Errors
    /// EPERM when asys may not; the thread then wears its own again.
    pub fn wear(&mut self, identity: &Identity) -> Result<(), Errno> {
        if self.worn.as_ref() == Some(identity) {
            return Ok(());
        }
        let done = self.change(identity);
        if done.is_err() {
            let own = self.own.identity.clone();
            self.change(&own)?;
        }
        done
    }

    fn change(&mut self, to: &Identity) -> Result<(), Errno> {
        let before = self.worn.take();
        // All capabilities first: the ids cannot be changed without.
        creds::set_capabilities(Caps {
            effective: self.own.caps.permitted,
            ..self.own.caps
        })?;
        if before.is_none_or(|before| before.groups != to.groups) {
            creds::set_groups(&to.groups)?;
        }
        creds::set_fsgid(to.fsgid)?;
        // Leaving uid 0 drops the file capabilities; the exact set comes last.
        creds::set_fsuid(to.fsuid)?;
        let effective = match *to == self.own.identity {
            true => to.effective,
            false => to.effective.union(CapSet::SYS_PTRACE),
        };
        creds::set_capabilities(Caps {
            effective,
            ..self.own.caps
        })?;
        self.worn = Some(to.clone());
        Ok(())
    }

    /// Gives the calling thread the target's umask, for a call that creates.
    /// `false` when it cannot have one of its own.
    pub fn set_umask(&mut self, umask: u32) -> bool {
        match self.umask {
            Umask::Own(worn) | Umask::Shared(worn) if worn == umask => true,
            Umask::Shared(_) => false,
            Umask::Own(_) => {
                creds::set_umask(umask);
                self.umask = Umask::Own(umask);
                true
            }
        }
    }
}
