//! Compilers, and a language that is interpreted.

use super::running::{command, line, run};
use crate::cases::world;
use crate::twin::Twin;
use std::fs;
use std::path::Path;
use std::process::Stdio;

pub fn gcc_and_make(t: &mut Twin) {
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

pub fn cargo_build(t: &mut Twin) {
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

pub fn python(t: &mut Twin) {
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
