//! Real, effective, saved and file-system ids, and groups.

use super::scene::{belongings, look_around, make};
use crate::args;
use crate::cases::world::{self, path};
use crate::twin::Twin;
use crate::users::{ALICE, BOB, NOBODY, become_user};
use libc::*;

pub fn drops_privileges(t: &mut Twin) {
    belongings();
    look_around(t, "before");
    become_user(t, ALICE, ALICE);
    look_around(t, "after");
    t.call("setresuid", args![0, 0, 0]);
    look_around(t, "still");
}

pub fn effective_user_back_and_forth(t: &mut Twin) {
    belongings();
    for i in 0..6 {
        let user = [ALICE, 0, BOB, 0, NOBODY, 0][i];
        t.call("setresgid", args![-1, user, -1]);
        t.call("setresuid", args![-1, 0, -1]);
        t.call("setresuid", args![-1, user, -1]);
        look_around(t, &format!("turn{i}"));
        t.call("setresuid", args![-1, 0, -1]);
    }
    // Every other call as somebody else: nothing may linger from the call before.
    for i in 0..200 {
        let user = [0, ALICE, BOB][i % 3];
        t.call("setresuid", args![-1, user, -1]);
        let mine = path(&format!("shared/f{i}"));
        t.opened("open", args![mine.as_c_str(), O_CREAT | O_RDWR, 0o600]);
        t.opened("open", args![c"alices", O_RDONLY]);
        t.call("setresuid", args![-1, 0, -1]);
    }
}

pub fn real_effective_saved(t: &mut Twin) {
    belongings();
    for (i, ids) in [
        [0, ALICE, 0],
        [ALICE, 0, 0],
        [ALICE, BOB, NOBODY],
        [BOB, ALICE, 0],
        [ALICE, ALICE, 0],
    ]
    .iter()
    .enumerate()
    {
        t.fork("child", |t| {
            let [real, effective, saved] = *ids;
            t.call("setresgid", args![real, effective, saved]);
            t.call("setresuid", args![real, effective, saved]);
            look_around(t, &format!("ids{i}"));
            t.call("setresuid", args![-1, saved, -1]);
            look_around(t, &format!("saved{i}"));
        });
    }
}

pub fn file_system_ids(t: &mut Twin) {
    belongings();
    for (user, group) in [(ALICE, 0), (BOB, ALICE), (0, BOB), (NOBODY, NOBODY), (0, 0)] {
        t.call("setfsgid", args![group]);
        t.call("setfsuid", args![user]);
        look_around(t, &format!("fs{user}_{group}"));
    }
}

pub fn supplementary_groups(t: &mut Twin) {
    belongings();
    let many: Vec<u32> = (50_000..50_200).chain([BOB]).collect();
    for (i, groups) in [vec![], vec![ALICE], vec![BOB, ALICE], many]
        .iter()
        .enumerate()
    {
        t.fork("child", |t| {
            t.call("setgroups", args![groups.len(), groups.as_ptr()]);
            t.call("setresgid", args![NOBODY, NOBODY, NOBODY]);
            t.call("setresuid", args![NOBODY, NOBODY, NOBODY]);
            look_around(t, &format!("groups{i}"));
        });
    }
}

/// uid and gid of what is made, by thread ids of all kinds.
pub fn ownership_of_new_files(t: &mut Twin) {
    world::dir("shared");
    world::chmod("shared", 0o777);
    for (i, [user, group, fs_user, fs_group]) in [
        [0, 0, 0, 0],
        [ALICE, BOB, ALICE, BOB],
        [ALICE, ALICE, BOB, ALICE],
        [BOB, BOB, BOB, 0],
    ]
    .into_iter()
    .enumerate()
    {
        t.fork("child", |t| {
            t.call("setresgid", args![-1, group, 0]);
            t.call("setresuid", args![-1, user, 0]);
            t.call("setfsgid", args![fs_group]);
            t.call("setfsuid", args![fs_user]);
            make(t, &format!("shared/{i}"));
            let name = path(&format!("shared/{i}.creat"));
            t.opened("creat", args![name.as_c_str(), 0o644]);
            let how = crate::path_rows::OpenHow {
                flags: (O_CREAT | O_RDWR) as u64,
                mode: 0o640,
                resolve: 0,
            };
            let name = path(&format!("shared/{i}.openat2"));
            t.opened(
                "openat2",
                args![AT_FDCWD, name.as_c_str(), how.arg(), size_of_val(&how)],
            );
            t.opened("open", args![c"shared", O_TMPFILE | O_RDWR, 0o600]);
        });
    }
}
