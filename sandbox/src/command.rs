//! The command, in the form execve(2) wants it, prepared before the clone:
//! the child may not allocate.

use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// A program, its arguments and its environment.
#[derive(Clone, Debug)]
pub struct Command {
    /// The files to try, in the order of PATH; one when the name has a slash.
    pub(crate) candidates: Vec<CString>,
    pub(crate) argv: Vec<CString>,
    pub(crate) env: Vec<CString>,
}

/// What execvp(3) searches when PATH is not set (`confstr(_CS_PATH)`).
const DEFAULT_PATH: &str = "/bin:/usr/bin";

impl Command {
    /// The command `argv[0]` with arguments `argv[1..]`, searched in the PATH of `env`.
    ///
    /// Bytes after a NUL are unreachable: `argv` and `env` come from a process image.
    ///
    /// # Panics
    /// When `argv` is empty.
    #[must_use]
    pub fn new(argv: &[OsString], env: &[(OsString, OsString)]) -> Command {
        let path = env
            .iter()
            .find(|(k, _)| k == "PATH")
            .map(|(_, v)| v.clone());
        let path = path.unwrap_or_else(|| DEFAULT_PATH.into());
        Command {
            candidates: candidates(&argv[0], &path),
            argv: argv.iter().map(|a| c_string(a)).collect(),
            env: env.iter().map(|(k, v)| pair(k, v)).collect(),
        }
    }

    /// The command as the user wrote it, for messages.
    #[must_use]
    pub fn name(&self) -> String {
        self.argv[0].to_string_lossy().into_owned()
    }
}

fn candidates(name: &OsStr, path: &OsStr) -> Vec<CString> {
    if name.as_bytes().contains(&b'/') || name.is_empty() {
        return vec![c_string(name)];
    }
    let join = |dir: &[u8]| {
        // An empty element of PATH is the working directory.
        let mut file = if dir.is_empty() {
            b".".to_vec()
        } else {
            dir.to_vec()
        };
        file.push(b'/');
        file.extend_from_slice(name.as_bytes());
        c_string(OsStr::from_bytes(&file))
    };
    path.as_bytes().split(|b| *b == b':').map(join).collect()
}

fn pair(key: &OsStr, value: &OsStr) -> CString {
    let mut text = key.to_os_string();
    text.push("=");
    text.push(value);
    c_string(&text)
}

fn c_string(text: &OsStr) -> CString {
    let mut bytes = text.to_os_string().into_vec();
    bytes.truncate(bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len()));
    CString::new(bytes).expect("no NUL is left")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(name: &str, path: &str) -> Vec<String> {
        let env = [("PATH".into(), path.into())];
        let command = Command::new(&[name.into()], &env);
        command
            .candidates
            .iter()
            .map(|c| c.to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn a_name_is_searched_in_path() {
        assert_eq!(tried("ls", "/a:/b"), ["/a/ls", "/b/ls"]);
        assert_eq!(tried("ls", ":/b:"), ["./ls", "/b/ls", "./ls"]);
    }

    #[test]
    fn a_name_with_a_slash_is_not() {
        assert_eq!(tried("./ls", "/a:/b"), ["./ls"]);
        assert_eq!(tried("", "/a"), [""]);
    }
}
