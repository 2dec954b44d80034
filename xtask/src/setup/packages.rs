//! Debian's packages, installed where we are root.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::say;
use crate::{process, workspace};

/// Asked before a package starts its service (`invoke-rc.d(8)`).
const SERVICE_POLICY: &str = "/usr/sbin/policy-rc.d";
/// The compiler for the C in some of the server's dependencies.
const MINGW: [&str; 1] = ["gcc-mingw-w64-x86-64"];
/// What the configurations in `deploy/` are for.
const PROXIES: [&str; 3] = ["nginx", "caddy", "haproxy"];

/// Whether packages can be installed: Debian's package manager is there and we are root.
pub(super) fn can_apt() -> bool {
    process::find("apt-get").is_some() && is_root()
}

fn is_root() -> bool {
    process::output(Command::new("id").arg("-u"), Duration::from_secs(5)).is_ok_and(|id| id.trim() == "0")
}

/// Installs Debian packages as root; about `seconds` on a fast network. None of them starts a service.
pub(super) fn apt_install(packages: &[&str], seconds: u32) -> Result<()> {
    let list = packages.join(" ");
    say(&format!("apt-get install {list} (about {seconds} s, at most 10 minutes)"));
    // A dead mirror must not hold the task for longer than this, and a held lock is worth waiting for.
    let options =
        ["-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20", "-o", "DPkg::Lock::Timeout=120"];
    let mut update = workspace::command("apt-get");
    update.arg("update").arg("-q").args(options).env("DEBIAN_FRONTEND", "noninteractive");
    // A stale list is often good enough: the install decides.
    if let Err(error) = process::run(&mut update, Duration::from_secs(120)) {
        say(&format!("{error:#}; trying with the package lists as they are"));
    }
    let _quiet = NoServices::from_now_on(Path::new(SERVICE_POLICY))?;
    let mut install = workspace::command("apt-get");
    install.args(["install", "-y", "-q", "--no-install-recommends"]).args(options).args(packages);
    process::run(install.env("DEBIAN_FRONTEND", "noninteractive"), Duration::from_secs(600)).with_context(
        || format!("run this yourself as root: apt-get install -y --no-install-recommends {list}"),
    )
}

/// A C compiler for 64-bit Windows.
pub(crate) fn find_or_install_mingw() -> Result<()> {
    let found = || process::find("x86_64-w64-mingw32-gcc").is_some();
    if found() {
        return Ok(());
    }
    if !can_apt() {
        bail!("mingw-w64 is missing; on Debian as root: apt-get install -y {}", MINGW.join(" "));
    }
    apt_install(&MINGW, 60)?;
    if !found() {
        bail!("{} is installed, but x86_64-w64-mingw32-gcc is not on PATH", MINGW.join(" "));
    }
    Ok(())
}

/// Installs the proxies that are missing, where that can be done, and returns those that still are.
pub(crate) fn install_proxies() -> Vec<&'static str> {
    let missing = || PROXIES.into_iter().filter(|program| process::find(program).is_none()).collect();
    let wanted: Vec<&str> = missing();
    if wanted.is_empty() || !can_apt() {
        return wanted;
    }
    if let Err(error) = apt_install(&wanted, 30) {
        say(&format!("{error:#}"));
    }
    missing()
}

/// While it lives packages start no services, unless this machine has a policy of its own.
struct NoServices<'a>(Option<&'a Path>);

impl<'a> NoServices<'a> {
    fn from_now_on(policy: &'a Path) -> Result<Self> {
        if policy.exists() {
            return Ok(Self(None));
        }
        fs::write(
            policy,
            "#!/bin/sh\n# Heartwire's set-up is installing packages. Remove this if it is not.\nexit 101\n",
        )
        .with_context(|| format!("cannot write {}", policy.display()))?;
        let kept = Self(Some(policy));
        #[cfg(unix)]
        fs::set_permissions(policy, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        Ok(kept)
    }
}

impl Drop for NoServices<'_> {
    fn drop(&mut self) {
        if let Some(policy) = self.0
            && let Err(error) = fs::remove_file(policy)
        {
            say(&format!("cannot remove {}: {error}", policy.display()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_against_services_goes_again_and_leaves_an_own_one_alone() {
        let policy = std::env::temp_dir().join(format!("heartwire-policy-{}", std::process::id()));
        {
            let _quiet = NoServices::from_now_on(&policy).unwrap();
            assert!(fs::read_to_string(&policy).unwrap().ends_with("exit 101\n"));
        }
        assert!(!policy.exists());
        fs::write(&policy, "own").unwrap();
        drop(NoServices::from_now_on(&policy).unwrap());
        assert_eq!(fs::read_to_string(&policy).unwrap(), "own");
        fs::remove_file(&policy).unwrap();
    }
}
