//! Archives, copies, searches, and what people type every day.

use super::running::{line, script, tree};
use crate::cases::world;
use crate::twin::Twin;
use std::fs;
use std::os::unix::fs::MetadataExt;

pub fn tar(t: &mut Twin) {
    tree("tree");
    let create = "tar --sort=name --mtime=@1700000000 --owner=0 --group=0 --numeric-owner -cf";
    line(t, &format!("{create} plain.tar tree"));
    line(t, &format!("{create} sparse.tar -S tree"));
    line(t, &format!("{create} packed.tar.gz -z tree"));
    for archive in ["plain.tar", "sparse.tar", "packed.tar.gz"] {
        let to = format!("from-{archive}");
        world::dir(&to);
        line(t, &format!("tar -tvf {archive}"));
        line(t, &format!("tar -xpf {archive} -C {to}"));
        line(t, &format!("diff -r --no-dereference tree {to}/tree"));
    }
    // gzip's file holds no time when it comes through a pipe; its name is in none.
    script(
        t,
        "tar -cf - tree | tar -xf - -C . --transform=s/tree/piped/",
    );
}

pub fn copy(t: &mut Twin) {
    tree("tree");
    line(t, "cp -a tree copy");
    line(t, "cp -r tree plain");
    line(t, "cp -al tree linked");
    line(t, "diff -r --no-dereference tree copy");
    for i in 0..8 {
        let modified = |root: &str| fs::metadata(format!("{root}/d{i}/f1")).expect("f1").mtime();
        t.note("time kept", modified("tree") == modified("copy"));
    }
    line(t, "mv copy moved");
    line(t, "rm -rf plain");
}

pub fn find_and_grep(t: &mut Twin) {
    tree("tree");
    for words in [
        "find tree -printf %p:%y:%m:%s:%n:%l\\n",
        "find tree -name f1* -size +1k",
        "find tree -newermt 2021-01-01 -name f1",
        "find tree -type l -xtype l",
        "find tree -perm 404 -exec ls -l --time-style=+ {} ;",
        "find tree -empty",
        "find tree -samefile tree/d3/f2",
        "grep -r -c needle tree",
        "grep -rn 24$ tree",
        "grep -rlZ nothing tree",
        "find tree -depth -name d5* -delete",
        "find tree/d6 -delete",
        "find tree nowhere -maxdepth 1",
    ] {
        line(t, words);
    }
}

const EVERYDAY: &str = "\
ls -la --time-style=+ tree
ls -lR --time-style=+ tree/d3
stat -c %n:%a:%s:%h:%F tree/d1/f1 tree/dangling nowhere
mkdir -p a/b/c
mkdir a/b
rmdir a/b
rmdir a/b/c
touch a/new a/b/new
ln -s new a/link
ln a/new a/hard
rm a/b
rm -v a/b/new
readlink a/link
readlink -f a/link
realpath --relative-to=. a/link tree/d1/link
cat tree/d2/f2 nowhere tree
wc tree/d3/f3
head -c 100 tree/d4/f4
tail -n 2 tree/d5/f5
cksum tree/d6/f6
sha256sum tree/hole
dd if=tree/hole of=a/dd bs=64k conv=sparse status=none
truncate -s 100 a/dd
sort -r tree/d1/f3
split -b 4k tree/d7/f11 a/part
tee a/tee
chmod -R u+w tree
mv a/new a/renamed
mv -n a/renamed a/hard
cp -u tree/d1/f1 a
install -m 640 tree/d1/f2 a/installed
shred -n 0 -z -u a/part00
sync a/tee
du --apparent-size -a a/b
test -e nowhere
test -r tree/d0/f0
test -x a
ls nowhere
cat /proc/self/comm
cmp tree/d1/f1 tree/d1/link";

/// The everyday ones, with their error messages.
pub fn coreutils(t: &mut Twin) {
    tree("tree");
    EVERYDAY.lines().for_each(|words| line(t, words));
}
