//! What the guide says in numbers is so.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::path::Path;

/// The lines of all files in a folder and below it, but for a folder of that name.
fn lines(folder: &Path, except: &str) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let counted = entries.filter(|path| path.file_name().is_some_and(|name| name != except));
    counted
        .map(|path| {
            if path.is_dir() {
                lines(&path, except)
            } else {
                std::fs::read_to_string(path).unwrap().lines().count()
            }
        })
        .sum()
}

#[test]
fn the_guide_tells_the_length_of_the_sdk() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let (sdk, fake) = (lines(&folder.join("src"), "fake"), lines(&folder.join("src/fake"), ""));
    for said in [
        format!("{},{:03} lines go into a guest", sdk / 1000, sdk % 1000),
        format!("{fake} more are the fake host"),
    ] {
        assert!(guide.contains(&said), "README.md should say: {said}");
    }
}
