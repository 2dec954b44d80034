//! Repeats one operation of the micro-benchmarks, for a tool that counts instructions.
//!
//! ```text
//! callgrind list                    the operations, one a line, with their bytes of payload
//! callgrind OPERATION ITERATIONS    e.g. under `valgrind --tool=callgrind`
//! ```
//!
//! The difference of two runs over the difference of their iterations is what one operation takes: start-up and set-up
//! cancel out.

#![allow(clippy::print_stdout, reason = "a command-line tool")]

#[path = "../benches/operations/mod.rs"]
mod operations;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut operations = operations::operations();
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["list"] => {
            for operation in operations {
                println!("{} {}", operation.name, operation.bytes);
            }
            ExitCode::SUCCESS
        }
        [name, iterations] => {
            let operation = operations.iter_mut().find(|operation| operation.name == name);
            let (Some(operation), Ok(iterations)) = (operation, iterations.parse::<u64>()) else {
                return ExitCode::from(2);
            };
            for _ in 0..iterations {
                (operation.run)();
            }
            ExitCode::SUCCESS
        }
        _ => ExitCode::from(2),
    }
}
