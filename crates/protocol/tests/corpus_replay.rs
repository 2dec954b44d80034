//! Replays the fuzzer's committed corpus, so that what it once found stays found without its tools.

#[path = "support/fuzz.rs"]
mod fuzz;

use std::path::Path;

#[test]
fn plan() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/plan");
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).expect("the corpus is committed") {
        let path = entry.expect("a readable folder").path();
        let data = std::fs::read(&path).expect("a readable file");
        std::panic::catch_unwind(|| fuzz::run(&data)).unwrap_or_else(|_| panic!("{}", path.display()));
        count += 1;
    }
    assert!(count > 0, "{} is empty", folder.display());
}
