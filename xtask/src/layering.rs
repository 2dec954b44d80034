//! The workspace's one rule: shells depend on cores, never the reverse, and client and server never depend on
//! each other. The tests below hold the workspace to it, its manifests and its sources.

mod sources;

use std::path::Path;

use crate::workspace::{Package, root};

/// What a pure crate must not name, not even for its tests: with these it could read a clock, use a socket or
/// touch a page.
const IMPURE: [&str; 13] = [
    "tokio",
    "tokio-util",
    "tokio-tungstenite",
    "mio",
    "socket2",
    "hyper",
    "warp",
    "yew",
    "web-sys",
    "js-sys",
    "wasm-bindgen",
    "wasm-bindgen-futures",
    "getrandom",
];

/// The only crates below `crates/` that are shells: tokio over `wire`, and what pages are built from.
const SOCKET: &str = "socket";
const PAGE: &str = "page";

/// The only tool that others share.
const SHARED_TOOLS: [&str; 1] = ["peers"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Core,
    SocketShell,
    PageShell,
    Client,
    Server,
    /// Tests and tasks: may depend on anything but a client, and nothing may depend on them.
    Tool,
    /// A tool for tools.
    SharedTool,
}

fn role(package: &Package) -> Role {
    let folder = package.folder.strip_prefix(root()).unwrap_or(&package.folder);
    match package.name.as_str() {
        SOCKET => Role::SocketShell,
        PAGE => Role::PageShell,
        _ if folder.starts_with(Path::new("crates")) => Role::Core,
        "client" | "scenes" => Role::Client,
        "server" => Role::Server,
        name if SHARED_TOOLS.contains(&name) => Role::SharedTool,
        _ => Role::Tool,
    }
}

/// Every dependency that breaks the rule, as a sentence.
fn violations(packages: &[Package]) -> Vec<String> {
    let mut found = Vec::new();
    for package in packages {
        let from = role(package);
        for dependency in &package.dependencies {
            let to = packages.iter().find(|other| other.name == dependency.name).map(role);
            let allowed = match (from, to) {
                (_, Some(Role::Core)) | (Role::Client, Some(Role::PageShell)) => true,
                (Role::Server | Role::Tool, Some(Role::SocketShell))
                | (Role::Tool, Some(Role::Server | Role::SharedTool)) => true,
                (Role::Server, Some(Role::SharedTool)) => dependency.dev,
                (_, Some(_)) => false,
                (Role::Core, None) => {
                    !IMPURE.contains(&dependency.name.as_str()) && !dependency.name.starts_with("gloo")
                }
                (_, None) => true,
            };
            if !allowed {
                found.push(format!("{} must not depend on {}", package.name, dependency.name));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::{Dependency, Metadata};

    fn package(folder: &str, dependencies: &[&str]) -> Package {
        let line = |name: &&str| Dependency { name: (*name).into(), dev: false };
        let name = folder.rsplit('/').next().unwrap_or(folder).into();
        Package { name, folder: root().join(folder), dependencies: dependencies.iter().map(line).collect() }
    }

    fn check(folder: &str, dependencies: &[&str]) -> Vec<String> {
        let others = [
            "crates/wire",
            "crates/link",
            "crates/socket",
            "crates/page",
            "client",
            "server",
            "xtask",
            "peers",
        ];
        let mut packages: Vec<Package> =
            others.iter().filter(|other| **other != folder).map(|other| package(other, &[])).collect();
        packages.push(package(folder, dependencies));
        violations(&packages)
    }

    #[test]
    fn this_workspace_keeps_the_rule() {
        assert_eq!(violations(&Metadata::load().unwrap().packages()), Vec::<String>::new());
    }

    #[test]
    fn cores_name_no_clock_and_no_system() {
        let packages = Metadata::load().unwrap().packages();
        let cores: Vec<_> = packages.iter().filter(|package| role(package) == Role::Core).collect();
        assert!(cores.len() >= 3, "{}", cores.len());
        for core in cores {
            assert_eq!(sources::impurities(&core.folder.join("src")), Vec::<String>::new(), "{}", core.name);
        }
    }

    #[test]
    fn modules_do_not_know_each_other_in_a_circle() {
        let circles = |folder: &str| sources::circles(&root().join(folder).join("src"));
        let folders = [
            "server",
            "scenes",
            "crates/jsontext",
            "crates/link",
            "crates/page",
            "crates/protocol",
            "crates/socket",
            "crates/wire",
            "crates/workbench",
        ];
        for folder in folders {
            let mut circles = circles(folder).into_iter();
            assert_eq!(circles.find(|circle| !circle[0].contains("::")), None, "{folder}");
        }
        // What runs is kept, and what was kept runs again.
        assert_eq!(circles("client"), [["lasting", "running", "lasting"]]);
    }

    #[test]
    fn shells_may_depend_on_cores() {
        assert!(check("client", &["link", "wire", "page", "yew", "gloo-net"]).is_empty());
        assert!(check("scenes", &["link", "protocol", "page", "yew"]).is_empty());
        assert!(check("server", &["wire", "socket", "warp", "tokio"]).is_empty());
        assert!(check("crates/socket", &["wire", "tokio"]).is_empty());
        assert!(check("crates/link", &["wire", "thiserror"]).is_empty());
    }

    #[test]
    fn only_tools_share_a_tool() {
        assert!(check("interop", &["peers", "server"]).is_empty());
        assert_eq!(check("interop", &["xtask"]), ["interop must not depend on xtask"]);
        assert_eq!(check("server", &["peers"]), ["server must not depend on peers"]);
        assert_eq!(check("peers", &["wire", "server"]), ["peers must not depend on server"]);
    }

    #[test]
    fn cores_depend_on_no_shell() {
        for shell in ["client", "server", "socket", "page", "xtask", "peers"] {
            assert_eq!(check("crates/link", &[shell]), [format!("link must not depend on {shell}")]);
        }
    }

    #[test]
    fn cores_are_pure() {
        for name in ["tokio", "yew", "gloo-timers", "gloo", "web-sys", "js-sys", "getrandom"] {
            assert_eq!(check("crates/wire", &[name]), [format!("wire must not depend on {name}")]);
        }
    }

    #[test]
    fn client_and_server_are_strangers() {
        assert_eq!(check("client", &["server"]), ["client must not depend on server"]);
        assert_eq!(check("server", &["client"]), ["server must not depend on client"]);
        assert_eq!(check("client", &["socket"]), ["client must not depend on socket"]);
        assert_eq!(check("scenes", &["client"]), ["scenes must not depend on client"]);
        assert_eq!(check("server", &["page"]), ["server must not depend on page"]);
        assert_eq!(check("crates/page", &["client"]), ["page must not depend on client"]);
    }
}
