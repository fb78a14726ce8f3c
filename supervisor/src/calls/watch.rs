//! Calls that make what is known of a thread void. The kernel does them.

/// What a watched call may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The caller's own credentials; a thread's are nobody else's.
    Credentials,
    /// The program, and with it whatever execve(2) resets.
    Program,
    /// Working directory, root, umask or namespaces, for all who share them.
    World,
    /// How credentials behave: credentials cannot be read from outside any more.
    Securebits,
    /// A confinement that workers cannot wear: landlock(7).
    Landlock,
}
