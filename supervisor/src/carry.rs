//! Carries one call out: decode, check that the caller still waits, wear its
//! identity, perform.
//!
//! The order is the exactness: operands are read while the thread is stopped
//! and owned from then on, then its identity; the kernel confirms after the
//! last look that the caller still waits; only then does anything happen.

use crate::calls::{Args, Call, Native, Reply, Stage, Waits, Wears};
use crate::chaos::{self, Step};
use crate::facts::{Facts, Trust};
use crate::identity::{Own, Wardrobe};
use crate::interrupt::Interrupts;
use crate::mounts::Mounts;
use crate::processes::Processes;
use crate::request::Request;
use crate::target::Target;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

/// All that carrying one call out needs.
#[derive(Debug)]
pub struct Carrier<'a, 't> {
    pub args: &'a mut Args<'t>,
    pub request: &'a Request,
    pub target: &'a Target,
    pub processes: &'a Processes,
    pub mounts: &'a Mounts,
    pub interrupts: &'a Interrupts,
    /// The worker's number.
    pub worker: usize,
    pub own: &'a Own,
    /// /proc/self/fd.
    pub own_files: BorrowedFd<'a>,
    pub wardrobe: &'a mut Wardrobe,
}

impl Carrier<'_, '_> {
    /// Carries out the call that `decode` makes of the arguments.
    ///
    /// # Errors
    /// [`Native`] when the kernel must do it; nothing has happened then.
    pub fn carry<C: Call>(
        &mut self,
        decode: fn(&mut Args<'_>) -> Result<C, Native>,
    ) -> Result<Reply, Native> {
        if self.mounts.automounter_within() {
            return Err(Native::FileSystem);
        }
        let decoded = decode(self.args);
        chaos::strike(Step::Decoded);
        let facts = self.recognise()?;
        let call = decoded?;
        let foreign = self.dress(&call, &facts)?;
        chaos::strike(Step::Dressed);
        if !C::LOOKS_AGAIN && !self.request.waits() {
            return Err(Native::Stale);
        }
        let stage = Stage {
            target: self.target,
            facts: &facts,
            mounts: self.mounts,
            own_files: self.own_files,
            foreign,
            alone: !self.processes.several(),
            caller: self.request,
        };
        let reply = {
            let waits = C::WAITS || C::HASTY || self.mounts.may_be_remote();
            let note = self.request.note();
            let _interruptible = waits.then(|| self.interrupts.open(self.worker, note, C::HASTY));
            call.perform(&stage)
        };
        chaos::strike(Step::Performed);
        reply
    }

    /// What holds for the caller.
    fn recognise(&self) -> Result<Arc<Facts>, Native> {
        let thread = &self.target.thread;
        let ids = self.processes.confirm(thread).map_err(|_| Native::Stale)?;
        match self.processes.facts(thread, ids) {
            Ok(facts) if facts.trust == Trust::Followed => Ok(facts),
            Ok(facts) => Err(Native::Untracked(facts.trust)),
            Err(_) => Err(Native::Opaque),
        }
    }

    /// Puts the caller's identity on; whether it is another than asys's own.
    fn dress(&mut self, call: &impl Call, facts: &Facts) -> Result<bool, Native> {
        let identity = match call.wears() {
            Wears::Effective => &facts.identity,
            Wears::Real if self.processes.plain_securebits() => &facts.real,
            Wears::Real => return Err(Native::Securebits),
        };
        if !self.own.serves(identity) || self.wardrobe.wear(identity).is_err() {
            return Err(Native::Untracked(Trust::Unwearable));
        }
        if call.creates() && !self.wardrobe.set_umask(facts.umask) {
            return Err(Native::Untracked(Trust::Unwearable));
        }
        Ok(!facts.same_ids || *identity != self.own.identity)
    }
}
