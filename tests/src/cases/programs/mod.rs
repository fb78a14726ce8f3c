//! Real programs: output, status and every byte they leave must be the same.
//!
//! Installed by the Makefile: git sqlite3 tar coreutils findutils grep diffutils gcc make python3, and cargo, which is
//! how this runs in the first place. A program that is not there, or not for this user, is a reported skip.

mod building;
mod databases;
mod files;
mod git;
mod processes;
mod running;

use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::needs::Need;

pub const FAMILY: Family = Family {
    name: "programs",
    on: FileSystem::HOME,
    cases: &[
        case!(git::git).needs(&[Need::Tool("git")]).within(120),
        case!(databases::sqlite)
            .needs(&[Need::Tool("sqlite3")])
            .within(120),
        case!(databases::sqlite_processes)
            .needs(&[Need::Tool("sqlite3")])
            .within(120),
        case!(files::tar).needs(&[Need::Tool("tar"), Need::Tool("diff")]),
        case!(files::copy).needs(&[Need::Tool("cp"), Need::Tool("diff")]),
        case!(files::find_and_grep).needs(&[Need::Tool("find"), Need::Tool("grep")]),
        case!(files::coreutils).needs(&[Need::Tool("cp"), Need::Tool("stat")]),
        case!(building::gcc_and_make)
            .needs(&[Need::Tool("gcc"), Need::Tool("make")])
            .within(180),
        case!(building::cargo_build)
            .needs(&[Need::Tool("cargo"), Need::Tool("cc")])
            .within(240),
        case!(building::python)
            .needs(&[Need::Tool("python3")])
            .within(120),
        case!(processes::five_hundred_pipelines)
            .needs(&[Need::Tool("sh")])
            .within(180),
        case!(processes::two_hundred_execs)
            .needs(&[Need::Tool("sh")])
            .within(120),
        case!(processes::threads_that_write).within(120),
        case!(processes::exit_statuses).needs(&[Need::Tool("sh")]),
    ],
};
