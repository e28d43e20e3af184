//! Reads election files. All are read before anything is created.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::election::Election;
use super::pabulib;

/// The elections that are shipped with the program.
const SAMPLES: [(&str, &[u8]); 2] = [
    ("maple-district.pb", include_bytes!("sample/maple-district.pb")),
    ("river-city.pb", include_bytes!("sample/river-city.pb")),
];

/// Reads all files, or the samples when there are none.
pub(super) fn read(files: &[PathBuf]) -> Result<Vec<Election>, String> {
    let mut elections: Vec<Election> = Vec::new();
    let mut add = |file: String, bytes: &[u8]| {
        let parsed = pabulib::parse(bytes).map_err(|error| format!("{file}: {error}"))?;
        let election = Election::new(file, bytes, parsed)?;
        if let Some(other) = elections.iter().find(|other| other.did() == election.did()) {
            return Err(format!(
                "{} and {} have the same name: each file needs a name of its own, because its scope is named \
                 after it",
                other.file(),
                election.file()
            ));
        }
        elections.push(election);
        Ok(())
    };
    if files.is_empty() {
        for (name, bytes) in SAMPLES {
            add(name.to_owned(), bytes)?;
        }
    }
    for path in files {
        let bytes = read_bounded(path).map_err(|error| format!("reading {}: {error}", path.display()))?;
        add(path.display().to_string(), &bytes)?;
    }
    Ok(elections)
}

/// Reads a file up to one byte more than the longest that is allowed. A device may have no end.
fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(pabulib::MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
