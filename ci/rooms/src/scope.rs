//! What a path means in a module: which module it leads to, as far as it names modules.
//!
//! The first part of a path is `crate`, `self`, `super`, a child module, a name that a `use` brought in, a name that a glob
//! brought in, or the package's own library. Anything else lies outside of the crate, or is no module. From there on only
//! child modules are followed, never re-exports.

use crate::imports::Import;
use crate::tree::{ModuleId, Tree};

/// Imports of imports, and globs of globs, are followed this often. Sources that compile need two or three.
const DEPTH_MAX: usize = 16;

/// Where a path leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The module of the longest prefix that names modules.
    pub(crate) module: ModuleId,
    /// The whole path names that module, and nothing in it.
    pub(crate) whole: bool,
}

/// Where code stands: in a module, and in blocks that may have imports of their own.
pub(crate) struct Scope<'a> {
    /// Every module of the crate.
    pub(crate) tree: &'a Tree,
    /// The module that the code stands in.
    pub(crate) module: ModuleId,
    /// The imports of the blocks around the code, the outermost first.
    pub(crate) blocks: &'a [Vec<Import>],
}

impl Scope<'_> {
    /// Where `path` leads, seen from here. More than one place if `cfg` chooses among modules of one name; none if it
    /// leads out of the crate.
    pub(crate) fn places(&self, path: &[String]) -> Vec<Place> {
        let (module, tree) = (self.module, self.tree);
        let Some(first) = path.first() else { return Vec::new() };
        let named =
            || self.blocks.iter().rev().flatten().filter(|import| import.name.as_ref() == Some(first));
        let in_blocks: Vec<Place> =
            named().flat_map(|import| followed(tree, module, import, path, 0)).collect();
        if named().next().is_some()
            && (in_blocks.iter().any(|place| place.whole) || child(tree, module, first).is_empty())
        {
            return in_blocks;
        }
        let own = places(tree, module, path, 0);
        if !own.is_empty() {
            return own;
        }
        let globs = self.blocks.iter().flatten().filter(|import| import.name.is_none());
        globs.flat_map(|glob| through_glob(tree, module, glob, path, 0)).collect()
    }
}

fn places(tree: &Tree, from: ModuleId, path: &[String], depth: usize) -> Vec<Place> {
    let Some((first, rest)) = path.split_first() else { return Vec::new() };
    if depth > DEPTH_MAX {
        return Vec::new();
    }
    let module = &tree.modules[from];
    match first.as_str() {
        "crate" => return descend(tree, module.root, rest),
        "self" => return from_self(tree, from, rest),
        "super" => return module.parent.map_or(Vec::new(), |parent| from_self(tree, parent, rest)),
        _ => {}
    }
    let children = child(tree, from, first);
    if !children.is_empty() {
        return children.iter().flat_map(|child| descend(tree, *child, rest)).collect();
    }
    let mut imports = module.imports.iter().filter(|import| import.name.as_ref() == Some(first)).peekable();
    if imports.peek().is_some() {
        return imports.flat_map(|import| followed(tree, from, import, path, depth + 1)).collect();
    }
    let globs = module.imports.iter().filter(|import| import.name.is_none());
    let found: Vec<Place> = globs.flat_map(|glob| through_glob(tree, from, glob, path, depth + 1)).collect();
    match &tree.library {
        Some((name, root)) if found.is_empty() && name == first && *root != module.root => {
            descend(tree, *root, rest)
        }
        _ => found,
    }
}

/// `self` and `super` may be followed by more `super`.
fn from_self(tree: &Tree, from: ModuleId, rest: &[String]) -> Vec<Place> {
    match (rest.first().map(String::as_str), tree.modules[from].parent) {
        (Some("super"), Some(parent)) => from_self(tree, parent, &rest[1..]),
        _ => descend(tree, from, rest),
    }
}

/// Down from a module along its children, as far as `rest` names some.
fn descend(tree: &Tree, module: ModuleId, rest: &[String]) -> Vec<Place> {
    let Some((first, rest)) = rest.split_first() else { return vec![Place { module, whole: true }] };
    let children = child(tree, module, first);
    if children.is_empty() {
        // A path to an exported macro begins at the root, wherever the macro is defined.
        let module = tree.macros.get(&(module, first.clone())).copied().unwrap_or(module);
        return vec![Place { module, whole: false }];
    }
    children.iter().flat_map(|child| descend(tree, *child, rest)).collect()
}

/// A path whose first part is the name of an import.
fn followed(tree: &Tree, from: ModuleId, import: &Import, path: &[String], depth: usize) -> Vec<Place> {
    if import.outside {
        return Vec::new();
    }
    // `use a::a;` brings in a function of the child module `a`: its own name is no way to itself.
    let full: Vec<String> = import.path.iter().chain(&path[1..]).cloned().collect();
    places(tree, from, &full, depth + 1)
}

/// A path whose first part may be a module that a glob brought in. What is no module belongs to the glob's own arrow.
fn through_glob(tree: &Tree, from: ModuleId, glob: &Import, path: &[String], depth: usize) -> Vec<Place> {
    if glob.outside || depth > DEPTH_MAX || path.first().is_none_or(|first| glob.path.first() == Some(first))
    {
        return Vec::new();
    }
    let targets = places(tree, from, &glob.path, depth + 1).into_iter().filter(|target| target.whole);
    targets.flat_map(|target| module_in(tree, target.module, path, depth + 1)).collect()
}

/// As [`places`], but only if the first part of `path` is a module, by itself or by an import.
fn module_in(tree: &Tree, module: ModuleId, path: &[String], depth: usize) -> Vec<Place> {
    let first = places(tree, module, &path[..1], depth + 1).into_iter().filter(|place| place.whole);
    first.flat_map(|place| descend(tree, place.module, &path[1..])).collect()
}

fn child<'a>(tree: &'a Tree, module: ModuleId, name: &str) -> &'a [ModuleId] {
    tree.modules[module].children.get(name).map_or(&[], Vec::as_slice)
}
