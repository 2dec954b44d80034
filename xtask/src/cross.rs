//! Other systems: what is to run there must compile there, which needs no machine of that kind.

use anyhow::Result;

use crate::setup;

/// A system that is checked from here.
pub(crate) struct System {
    /// As people call it.
    pub(crate) name: &'static str,
    pub(crate) target: &'static str,
    /// For Cargo. The page is for wasm32 only; the browser tests send Unix's signals.
    pub(crate) packages: &'static str,
    /// What it needs beside Rust.
    compiler: fn() -> Result<()>,
}

/// A compiler of C for macOS is not to be had elsewhere: what needs none is checked.
pub(crate) const SYSTEMS: [System; 2] = [
    System {
        name: "Windows",
        target: "x86_64-pc-windows-gnu",
        packages: "--workspace --exclude client --exclude page --exclude scenes --exclude e2e",
        compiler: setup::find_or_install_mingw,
    },
    System {
        name: "macOS",
        target: "aarch64-apple-darwin",
        packages: "--package bench --package link --package peers --package wire --package workbench --package xtask",
        compiler: || Ok(()),
    },
];

impl System {
    /// Makes sure that its standard library and compiler are there.
    pub(crate) fn prepare(&self) -> Result<()> {
        setup::targets::find_or_add(self.target)?;
        (self.compiler)()
    }
}
