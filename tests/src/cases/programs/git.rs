//! Version control.

use super::running::{line, tree};
use crate::cases::world;
use crate::twin::Twin;
use std::fs;

/// In `work`; the clone lies beside it. A file changes between one part and the next.
const GIT: [&str; 3] = [
    "git init -q -b main .
git config gc.auto 0
git config pack.threads 1
git config index.threads 1
git config core.fsync all
git add -A
git status --short
git commit -q -m first
git branch side
git checkout -q side",
    "git add d0/new
git mv d1/f1 d1/moved
git rm -q d2/f2
git commit -q -m side
git checkout -q main",
    "git commit -q -a -m main
git merge -q -m merged side
git log --graph --format=%H%x20%s
git diff --stat HEAD~1
git tag -a v1 -m tag
git gc -q --prune=now
git fsck --full --strict
git count-objects -v
git rev-parse HEAD
git ls-files --stage
git clone -q . ../clone
git -C ../clone status
git -C ../clone log --oneline
git -C ../clone ls-files -s",
];

pub fn git(t: &mut Twin) {
    tree("work");
    std::env::set_current_dir("work").expect("work");
    let between = [("d0/new", "on the side\n"), ("d3/f3", "changed on main\n")];
    for (i, commands) in GIT.into_iter().enumerate() {
        commands.lines().for_each(|words| line(t, words));
        if let Some((path, contents)) = between.get(i) {
            world::file(path, contents);
        }
    }
    std::env::set_current_dir("..").expect("back");
    // The index remembers times and inode numbers.
    for index in ["work/.git/index", "clone/.git/index"] {
        fs::remove_file(index).expect("index");
    }
}
