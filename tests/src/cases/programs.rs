//! Real programs: output, status and every byte they leave must be the same.
//!
//! Installed by the Makefile: git sqlite3 tar coreutils findutils grep diffutils gcc make python3, and cargo, which is
//! how this runs in the first place. A program that is not there, or not for this user, is a reported skip.

use super::world;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::needs::{Need, find};
use crate::twin::Twin;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::process::{Command, Stdio};

pub const FAMILY: Family = Family {
    name: "programs",
    on: FileSystem::HOME,
    cases: &[
        case!(git).needs(&[Need::Tool("git")]).within(120),
        case!(sqlite).needs(&[Need::Tool("sqlite3")]).within(120),
        case!(sqlite_processes)
            .needs(&[Need::Tool("sqlite3")])
            .within(120),
        case!(tar).needs(&[Need::Tool("tar"), Need::Tool("diff")]),
        case!(copy).needs(&[Need::Tool("cp"), Need::Tool("diff")]),
        case!(find_and_grep).needs(&[Need::Tool("find"), Need::Tool("grep")]),
        case!(coreutils).needs(&[Need::Tool("cp"), Need::Tool("stat")]),
        case!(gcc_and_make)
            .needs(&[Need::Tool("gcc"), Need::Tool("make")])
            .within(180),
        case!(cargo_build)
            .needs(&[Need::Tool("cargo"), Need::Tool("cc")])
            .within(240),
        case!(python).needs(&[Need::Tool("python3")]).within(120),
        case!(five_hundred_pipelines)
            .needs(&[Need::Tool("sh")])
            .within(180),
        case!(two_hundred_execs)
            .needs(&[Need::Tool("sh")])
            .within(120),
        case!(threads_that_write).within(120),
        case!(exit_statuses).needs(&[Need::Tool("sh")]),
    ],
};

/// A program in an environment of fixed words: its home is the case's directory.
fn command(program: &str) -> Command {
    let here = std::env::current_dir().expect("here");
    let mut command = Command::new(find(program).unwrap_or_else(|| program.into()));
    command
        .env_clear()
        .env("HOME", &here)
        .env("LC_ALL", "C")
        .env("TZ", "UTC");
    for name in ["PATH", "TMPDIR", "PYENV_ROOT"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    for role in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{role}_NAME"), "A U Thor")
            .env(format!("GIT_{role}_EMAIL"), "author@example.org")
            .env(format!("GIT_{role}_DATE"), "1700000000 +0000");
    }
    command
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Runs it and tells status and output; input comes through a pipe.
fn run_with(t: &mut Twin, mut command: Command, input: &str) {
    let words: Vec<_> = command
        .get_args()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A program that reads nothing may have closed it.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("its output");
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    t.note(
        &program,
        format_args!("{} {}", words.join(" "), output.status),
    );
    for (name, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        for line in bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            t.bytes(name, line);
        }
    }
}

fn run(t: &mut Twin, program: &str, args: &[&str]) {
    let mut command = command(program);
    command.args(args);
    run_with(t, command, "");
}

/// `words` separated by spaces, as on a command line without quotes.
fn line(t: &mut Twin, words: &str) {
    let words: Vec<&str> = words.split(' ').collect();
    run(t, words[0], &words[1..]);
}

fn script(t: &mut Twin, text: &str) {
    run(t, "sh", &["-c", text]);
}

/// A tree with some depth, links, holes and modes; about a hundred files.
fn tree(root: &str) {
    world::dir(root);
    for i in 0..8 {
        world::dir(&format!("{root}/d{i}"));
        for j in 0..12 {
            let words = format!("line {i} of {j}\nneedle {}\n", i * j).repeat(i * 40 + j);
            world::file(&format!("{root}/d{i}/f{j}"), &words);
        }
        world::chmod(&format!("{root}/d{i}/f0"), 0o400 + i as u32);
        world::link("f1", &format!("{root}/d{i}/link"));
        fs::hard_link(format!("{root}/d{i}/f2"), format!("{root}/d{i}/hard")).expect("link");
    }
    world::link("nowhere", &format!("{root}/dangling"));
    let hole = fs::File::create(format!("{root}/hole")).expect("hole");
    hole.set_len(3 << 20).expect("hole");
    hole.write_all_at(b"end", (3 << 20) - 3).expect("hole");
    world::chmod(&format!("{root}/d7"), 0o750);
    let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_600_000_000);
    for i in 0..8 {
        let file = fs::File::open(format!("{root}/d{i}/f1")).expect("file");
        file.set_modified(old).expect("time");
    }
}

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

fn git(t: &mut Twin) {
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

const WORKLOAD: &str = "
PRAGMA journal_mode=MODE;
CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE, size INTEGER, data BLOB);
CREATE INDEX by_size ON t(size);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<3000)
  INSERT INTO t SELECT i, 'name '||i, i*7919%1000, zeroblob(i%300) FROM n;
BEGIN; UPDATE t SET size=size+1 WHERE id%3=0; DELETE FROM t WHERE id%10=0; COMMIT;
BEGIN; DELETE FROM t; ROLLBACK;
SAVEPOINT s; INSERT INTO t VALUES(100000,'x',1,NULL); RELEASE s;
CREATE TABLE u AS SELECT size, count(*) AS n FROM t GROUP BY size;
SELECT count(*), sum(size), sum(length(data)) FROM t;
SELECT * FROM u ORDER BY n DESC, size LIMIT 5;
PRAGMA integrity_check; PRAGMA foreign_key_check; VACUUM; PRAGMA integrity_check; PRAGMA wal_checkpoint(TRUNCATE);
";

fn sqlite(t: &mut Twin) {
    for mode in ["DELETE", "TRUNCATE", "PERSIST", "WAL"] {
        let mut command = command("sqlite3");
        command.arg(format!("{mode}.db"));
        run_with(t, command, &WORKLOAD.replace("MODE", mode));
        let again = format!("{mode}.db");
        run(
            t,
            "sqlite3",
            &[
                &again,
                "SELECT count(*) FROM t; PRAGMA integrity_check; PRAGMA journal_mode=DELETE;",
            ],
        );
    }
    // A persistent journal holds a random number.
    let _ = fs::remove_file("PERSIST.db-journal");
}

/// Writers in several processes take turns by file locks.
fn sqlite_processes(t: &mut Twin) {
    run(
        t,
        "sqlite3",
        &[
            "shared.db",
            "PRAGMA journal_mode=WAL; CREATE TABLE t(who INTEGER, i INTEGER);",
        ],
    );
    let writers: Vec<_> = (0..4)
        .map(|who| {
            let sql: String = (0..50)
                .map(|i| format!("INSERT INTO t VALUES({who},{i});"))
                .collect();
            let mut command = command("sqlite3");
            command.args(["-cmd", ".timeout 60000", "shared.db", &sql]);
            command.spawn().expect("sqlite3")
        })
        .collect();
    for mut writer in writers {
        t.note("writer", writer.wait().expect("sqlite3"));
    }
    run(
        t,
        "sqlite3",
        &[
            "shared.db",
            "SELECT who, count(*), sum(i) FROM t GROUP BY who; PRAGMA integrity_check;",
        ],
    );
    // Whose row came first is nobody's promise.
    fs::remove_file("shared.db").expect("shared.db");
}

fn tar(t: &mut Twin) {
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

fn copy(t: &mut Twin) {
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

fn find_and_grep(t: &mut Twin) {
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
fn coreutils(t: &mut Twin) {
    tree("tree");
    EVERYDAY.lines().for_each(|words| line(t, words));
}

fn gcc_and_make(t: &mut Twin) {
    world::file(
        "main.c",
        "#include \"sum.h\"\n#include <stdio.h>\nint main(int c, char **v) { printf(\"%d %s\\n\", sum(c), NAME); return 3; }\n",
    );
    world::file("sum.h", "int sum(int);\n#define NAME \"sum\"\n");
    for name in ["sum", "more", "less"] {
        world::file(
            &format!("{name}.c"),
            &format!(
                "#include \"sum.h\"\nint {name}(int i) {{ return i * {}; }}\n",
                name.len()
            ),
        );
    }
    let rules = "OBJ = main.o sum.o more.o less.o\nprog: $(OBJ)\n\t$(CC) -o $@ $^\n%.o: %.c sum.h\n\t$(CC) -O1 -g -pipe -c -o $@ $<\nlib.a: $(OBJ)\n\tar rcD $@ $^\n";
    world::file("Makefile", rules);
    line(t, "make -s CC=gcc prog lib.a");
    line(t, "make CC=gcc prog");
    line(t, "./prog");
    world::file("sum.h", "int sum(int);\n#define NAME \"again\"\n");
    line(t, "make -s -j4 CC=gcc prog");
    line(t, "./prog x y");
    world::file("broken.c", "int main( { }\n");
    line(t, "make -s CC=gcc broken.o");
    line(t, "gcc -O2 -save-temps -o direct main.c sum.c");
}

fn a_crate() {
    world::dir("src");
    let manifest =
        "[package]\nname = \"tiny\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n";
    let part =
        "pub fn answer() -> u32 { 42 }\n#[test]\nfn is_right() { assert_eq!(answer(), 42); }\n";
    world::file("Cargo.toml", manifest);
    world::file(
        "src/main.rs",
        "mod part;\nfn main() { println!(\"{}\", part::answer()); }\n",
    );
    world::file("src/part.rs", part);
}

fn cargo_build(t: &mut Twin) {
    a_crate();
    let here = std::env::current_dir().expect("here");
    let home = std::env::var_os("HOME").unwrap_or_default();
    let rustup = std::env::var_os("RUSTUP_HOME");
    let rustup = rustup.unwrap_or_else(|| Path::new(&home).join(".rustup").into());
    for words in ["build", "run", "build --release", "test"] {
        let mut command = command("cargo");
        command.args(words.split(' ')).args(["--offline", "-q"]);
        command
            .env("CARGO_HOME", here.join("cargo-home"))
            .env("RUSTUP_HOME", &rustup);
        let output = command.stdin(Stdio::null()).output().expect("cargo");
        t.note("cargo", format_args!("{words}: {}", output.status));
        // How long tests took is in the output, so it is only looked at.
        let said = String::from_utf8_lossy(&output.stdout);
        t.note("said", said.contains("42") || said.contains("1 passed"));
    }
    for kind in ["debug", "release"] {
        fs::copy(format!("target/{kind}/tiny"), format!("tiny-{kind}")).expect("the program");
    }
    // Fingerprints hold times.
    for dir in ["target", "cargo-home"] {
        fs::remove_dir_all(dir).expect(dir);
    }
}

const PYTHON: &str = r#"
import os, sys, json, threading, subprocess, shutil, mmap, glob, errno
os.makedirs("a/b/c")
for i in range(200):
    with open(f"a/b/{i}.json", "w") as f: json.dump({"i": i, "list": list(range(i))}, f, indent=1)
total = sum(json.load(open(p))["i"] for p in sorted(glob.glob("a/b/*.json")))
print("total", total, os.stat("a/b/7.json").st_size, sorted(os.listdir("a"))[:3])
def work(n):
    with open(f"a/t{n}", "wb", buffering=0) as f:
        for i in range(100): f.write(b"%d:%d\n" % (n, i))
        os.fsync(f.fileno())
threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
print(subprocess.run(["sh", "-c", "cat a/t* | sort | cksum"], capture_output=True, text=True).stdout)
with open("map", "w+b") as f:
    f.truncate(8192); m = mmap.mmap(f.fileno(), 8192); m[5000:5005] = b"hello"; m.flush(); m.close()
    f.seek(4999); print(f.read(7))
shutil.copytree("a", "b"); os.replace("b/t1", "b/t2"); shutil.rmtree("b/b")
for call in (lambda: os.rmdir("a"), lambda: os.open("nowhere", os.O_RDONLY), lambda: os.mkdir("a"), lambda: os.rename("nowhere", "x"),
             lambda: os.readlink("map"), lambda: os.listdir("map"), lambda: os.open("map", os.O_RDONLY | os.O_DIRECTORY)):
    try: call(); print("no error")
    except OSError as e: print(errno.errorcode[e.errno], e.strerror)
pid = os.fork()
if pid == 0:
    os.chdir("b"); fd = os.open("child", os.O_CREAT | os.O_WRONLY, 0o600); os.write(fd, b"child"); os._exit(9)
print(os.waitpid(pid, 0)[1], open("b/child").read())
for entry in sorted(os.scandir("b"), key=lambda e: e.name): print(entry.name, entry.is_file(), entry.stat().st_size)
print(open("/proc/self/stat").read().split()[0] == str(os.getpid()), os.path.realpath("/proc/self/cwd") == os.getcwd())
"#;

fn python(t: &mut Twin) {
    world::file("script.py", PYTHON);
    line(t, "python3 -B script.py");
    line(t, "python3 -B -c import(sys)");
    run(
        t,
        "python3",
        &[
            "-B",
            "-c",
            "import sys; sys.stderr.write('to stderr'); sys.exit(7)",
        ],
    );
}

fn five_hundred_pipelines(t: &mut Twin) {
    script(
        t,
        "i=0; while [ $i -lt 500 ]; do sh -c 'echo abc | cat | cat' || echo failed $?; i=$((i+1)); done | sort | uniq -c",
    );
}

fn two_hundred_execs(t: &mut Twin) {
    world::file(
        "chain.sh",
        "[ $1 -eq 0 ] && exec cat chain.sh\necho $1 >> log\nexec sh chain.sh $(($1 - 1))\n",
    );
    line(t, "sh chain.sh 200");
}

/// Threads write to places of their own in one file, append to one, and make, rename and remove files.
fn threads_that_write(t: &mut Twin) {
    const THREADS: u64 = 8;
    let file = fs::File::create("file").expect("file");
    let failures = std::thread::scope(|scope| {
        let work = |n: u64| {
            let block = vec![b'a' + n as u8; 3000];
            let mut appended = fs::File::options()
                .append(true)
                .create(true)
                .open(format!("log{n}"))?;
            for i in 0..100 {
                file.write_all_at(&block, (i * THREADS + n) * 3000)?;
                appended.write_all(format!("{n} {i}\n").as_bytes())?;
                let (from, to) = (format!("new{n}-{i}"), format!("kept{n}-{}", i % 5));
                fs::write(&from, &block[..100])?;
                fs::rename(&from, &to)?;
                if i % 20 == 0 {
                    file.sync_data()?;
                }
            }
            fs::remove_file(format!("kept{n}-0"))
        };
        let threads: Vec<_> = (0..THREADS).map(|n| scope.spawn(move || work(n))).collect();
        let results = threads
            .into_iter()
            .map(|thread| thread.join().expect("a thread"));
        results
            .filter_map(Result::err)
            .map(|error| error.to_string())
            .collect::<Vec<_>>()
    });
    t.note("failures", failures.join(", "));
}

fn exit_statuses(t: &mut Twin) {
    for status in [0, 1, 2, 124, 125, 126, 127, 128, 254, 255, 256] {
        script(t, &format!("exit {status}"));
    }
    for signal in [
        "HUP", "INT", "QUIT", "ILL", "ABRT", "FPE", "KILL", "SEGV", "PIPE", "ALRM", "TERM", "USR1",
        "XFSZ", "SYS",
    ] {
        script(t, &format!("ulimit -c 0; kill -{signal} $$"));
    }
    world::file("not-executable", "#!/bin/sh\n");
    world::file("no-interpreter", "#!/nowhere/sh\n");
    world::chmod("no-interpreter", 0o755);
    script(
        t,
        "./not-executable; echo $?; ./no-interpreter; echo $?; ./nowhere; echo $?; /; echo $?",
    );
}
