//! The blocks of `deploy/` as they stand there, in the proxies that they are for. A proxy that is not installed has its test
//! ignored.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

#[cfg(target_os = "linux")]
#[path = "server/support.rs"]
#[allow(dead_code, reason = "shared with the other tests")]
mod support;

#[cfg(target_os = "linux")]
#[path = "server/guest.rs"]
#[allow(dead_code, reason = "shared with the other tests")]
mod guest;

#[cfg(target_os = "linux")]
#[path = "server/process.rs"]
#[allow(dead_code, reason = "shared with the other tests")]
mod process;

#[cfg(target_os = "linux")]
mod proxy;

#[cfg(target_os = "linux")]
fn main() {
    let args = libtest_mimic::Arguments::from_args();
    libtest_mimic::run(&args, proxy::trials()).exit();
}

/// Addresses of this machine other than 127.0.0.1, which stand for clients elsewhere, are Linux's.
#[cfg(not(target_os = "linux"))]
fn main() {}
