//! The account a command runs as (`--user`).

use anyhow::{Context, Result, bail};
use nix::unistd::{Gid, Group, Uid, User, getgrouplist};
use std::ffi::{CString, OsString};

/// User, groups and the login's environment, as su(1) would set them.
#[derive(Clone, Debug)]
pub struct Account {
    pub(crate) uid: Uid,
    pub(crate) gid: Gid,
    pub(crate) groups: Vec<Gid>,
    login: Option<(String, OsString)>,
}

impl Account {
    /// Looks up `USER[:GROUP]`; both are names or numbers. Supplementary
    /// groups are those the group database gives the user.
    ///
    /// # Errors
    /// One line naming what is unknown.
    pub fn look_up(spec: &str) -> Result<Account> {
        let (user, group) = match spec.split_once(':') {
            Some((user, group)) => (user, Some(group)),
            None => (spec, None),
        };
        let entry = passwd_entry(user)?;
        let uid = match (&entry, user.parse()) {
            (Some(entry), _) => entry.uid,
            (None, Ok(number)) => Uid::from_raw(number),
            (None, Err(_)) => bail!("user {user:?}: no such user"),
        };
        let gid = match (group, &entry) {
            (Some(group), _) => gid_of(group)?,
            (None, Some(entry)) => entry.gid,
            (None, None) => bail!("user {user}: has no group: say {user}:GROUP"),
        };
        let groups = match &entry {
            Some(entry) => getgrouplist(&CString::new(entry.name.as_str())?, gid)
                .with_context(|| format!("user {user}: groups"))?,
            None => vec![gid],
        };
        // To setresuid(2) and setresgid(2) that number means: leave as it is.
        if uid.as_raw() == u32::MAX || gid.as_raw() == u32::MAX {
            bail!("user {spec}: {} is no id", u32::MAX);
        }
        let login = entry.map(|e| (e.name, e.dir.into_os_string()));
        Ok(Account {
            uid,
            gid,
            groups,
            login,
        })
    }

    /// Sets HOME, USER and LOGNAME to the account's, as su(1) without a login does.
    pub fn adorn(&self, env: &mut Vec<(OsString, OsString)>) {
        let Some((name, home)) = &self.login else {
            return;
        };
        let ours: [(&str, OsString); 3] = [
            ("HOME", home.clone()),
            ("USER", name.into()),
            ("LOGNAME", name.into()),
        ];
        for (key, value) in ours {
            env.retain(|(k, _)| k != key);
            env.push((key.into(), value));
        }
    }
}

fn passwd_entry(user: &str) -> Result<Option<User>> {
    let by_name = User::from_name(user).with_context(|| format!("user {user:?}"))?;
    Ok(match (by_name, user.parse()) {
        (Some(entry), _) => Some(entry),
        (None, Ok(number)) => User::from_uid(Uid::from_raw(number))?,
        (None, Err(_)) => None,
    })
}

fn gid_of(group: &str) -> Result<Gid> {
    match (
        Group::from_name(group).with_context(|| format!("group {group:?}"))?,
        group.parse(),
    ) {
        (Some(entry), _) => Ok(entry.gid),
        (None, Ok(number)) => Ok(Gid::from_raw(number)),
        (None, Err(_)) => bail!("group {group:?}: no such group"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_found_by_name_and_number() {
        for spec in ["root", "0", "root:0", "0:root"] {
            let account = Account::look_up(spec).unwrap();
            assert_eq!(
                (account.uid.as_raw(), account.gid.as_raw()),
                (0, 0),
                "{spec}"
            );
        }
    }

    #[test]
    fn a_bare_number_needs_a_group() {
        let account = Account::look_up("61234:61235").unwrap();
        assert_eq!((account.uid.as_raw(), account.gid.as_raw()), (61234, 61235));
        assert!(
            Account::look_up("61234")
                .unwrap_err()
                .to_string()
                .contains("61234:GROUP")
        );
    }

    #[test]
    fn the_number_that_means_unchanged_is_refused() {
        for spec in ["4294967295:0", "0:4294967295"] {
            let error = Account::look_up(spec).unwrap_err().to_string();
            assert!(error.contains("is no id"), "{error}");
        }
    }

    #[test]
    fn the_unknown_is_named() {
        assert_eq!(
            Account::look_up("no-such").unwrap_err().to_string(),
            "user \"no-such\": no such user"
        );
        assert!(
            Account::look_up("root:no-such")
                .unwrap_err()
                .to_string()
                .contains("no-such")
        );
    }

    #[test]
    fn the_environment_is_the_accounts() {
        let mut env = vec![
            ("HOME".into(), "/elsewhere".into()),
            ("LANG".into(), "C".into()),
        ];
        Account::look_up("root").unwrap().adorn(&mut env);
        let get = |key: &str| {
            let mut found = env.iter().filter(|(k, _)| k == key).map(|(_, v)| v.clone());
            (found.next(), found.count())
        };
        assert_eq!(get("HOME"), (Some("/root".into()), 0));
        assert_eq!(get("USER"), (Some("root".into()), 0));
        assert_eq!(get("LANG"), (Some("C".into()), 0));
    }
}
