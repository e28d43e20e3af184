//! Rust files in memory: of one crate, or of the whole project. So the checks can be tested on trees that are written as
//! text.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The text of each `.rs` file, by its path below the folder that was read, with `/` between the parts.
pub type Sources = BTreeMap<String, String>;

/// Reads every `.rs` file below `folder`. What was built is left out, and so are folders whose names begin with a dot.
///
/// # Errors
///
/// A file or folder cannot be read, or its name is no UTF-8.
pub fn read(folder: &Path) -> Result<Sources, String> {
    let mut sources = Sources::new();
    read_into(&mut sources, folder, "")?;
    Ok(sources)
}

fn read_into(sources: &mut Sources, folder: &Path, prefix: &str) -> Result<(), String> {
    let unreadable = |error| format!("{} cannot be read: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            return Err(format!("{} has a name that is no UTF-8", path.display()));
        };
        let below = format!("{prefix}{name}");
        if path.is_dir() {
            if name == "target" || name.starts_with('.') || path.is_symlink() {
                continue;
            }
            read_into(sources, &path, &format!("{below}/"))?;
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path)
                .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
            sources.insert(below, text);
        }
    }
    Ok(())
}
