//! The benchmarks as a program, called by `cargo xtask bench`.

#[cfg(target_os = "linux")]
mod cli;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    cli::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    use std::io::Write as _;
    drop(writeln!(
        std::io::stderr(),
        "bench: it reads what Linux says about processes, so it runs there only"
    ));
    ExitCode::FAILURE
}
