//! The modules of one crate, and in which file each stands.
//!
//! The tree begins at `lib.rs` and at each program (`main.rs`, `bin/*.rs`). It follows `mod x;` to `x.rs` or `x/mod.rs`, or
//! where `#[path]` says. A module in braces stands in the file around it. Test modules are in the tree, marked, so that
//! it is known to whom their files belong.

use std::collections::{BTreeMap, BTreeSet};

use syn::Item;

use crate::attributes;
use crate::imports::{self, Import};
use crate::sources::Sources;

/// A module's place in [`Tree::modules`].
pub(crate) type ModuleId = usize;

/// One module.
pub(crate) struct Module {
    /// The module around it. A root has none.
    pub(crate) parent: Option<ModuleId>,
    /// The root of its tree, which `crate` names.
    pub(crate) root: ModuleId,
    /// By name. One name has several modules when `cfg` chooses among them.
    pub(crate) children: BTreeMap<String, Vec<ModuleId>>,
    /// The file that it stands in, below the crate's source folder.
    pub(crate) file: String,
    /// It is built for tests alone.
    pub(crate) test: bool,
    /// What stands in it, its child modules left out.
    pub(crate) items: Vec<Item>,
    /// Its `use` declarations.
    pub(crate) imports: Vec<Import>,
}

/// Every module of a crate.
pub(crate) struct Tree {
    /// In the order in which they were found: a parent before its children.
    pub(crate) modules: Vec<Module>,
    /// The exported macros, by the root at which their paths begin and their name: the module that defines each.
    pub(crate) macros: BTreeMap<(ModuleId, String), ModuleId>,
    /// The name and the root of the library, if there is one.
    pub(crate) library: Option<(String, ModuleId)>,
}

/// Where a module is written, which says where its children's files are.
struct Place {
    file: String,
    /// The folder of the children's files, with a `/` at its end unless it is the source folder.
    folder: String,
    /// The folder that `#[path]` counts from.
    path_base: String,
}

impl Tree {
    /// Reads the tree of every root in `sources`.
    pub(crate) fn read(sources: &Sources, library: &str) -> Result<Self, String> {
        let mut tree = Self { modules: Vec::new(), macros: BTreeMap::new(), library: None };
        for root in sources.keys().filter(|file| is_root(file)) {
            let folder = folder_of(root).to_owned();
            let place = Place { file: root.clone(), path_base: folder.clone(), folder };
            let id = tree.modules.len();
            tree.read_file(sources, place, None, false)?;
            if root == "lib.rs" {
                tree.library = Some((library.to_owned(), id));
            }
        }
        let known: BTreeSet<&str> = tree.modules.iter().map(|module| module.file.as_str()).collect();
        match sources.keys().find(|file| !known.contains(file.as_str())) {
            Some(file) => Err(format!("{file} belongs to no module: no `mod` names it")),
            None => Ok(tree),
        }
    }

    fn read_file(
        &mut self,
        sources: &Sources,
        place: Place,
        parent: Option<ModuleId>,
        test: bool,
    ) -> Result<ModuleId, String> {
        let text = sources.get(&place.file).ok_or_else(|| format!("{} is not there", place.file))?;
        let parsed = syn::parse_file(text).map_err(|error| {
            format!("{}:{} does not parse: {error}", place.file, error.span().start().line)
        })?;
        let test = test || attributes::is_test(&parsed.attrs);
        self.read_items(sources, place, parsed.items, parent, test)
    }

    fn read_items(
        &mut self,
        sources: &Sources,
        place: Place,
        items: Vec<Item>,
        parent: Option<ModuleId>,
        test: bool,
    ) -> Result<ModuleId, String> {
        let id = self.modules.len();
        let root = parent.map_or(id, |parent| self.modules[parent].root);
        let (children, items): (Vec<_>, Vec<_>) =
            items.into_iter().partition(|item| matches!(item, Item::Mod(_)));
        let imports = imports::of_items(&items);
        for item in &items {
            if let Item::Macro(syn::ItemMacro { ident: Some(name), attrs, .. }) = item
                && attrs.iter().any(|attribute| attribute.path().is_ident("macro_export"))
            {
                self.macros.insert((root, imports::plain(name)), id);
            }
        }
        let file = place.file.clone();
        self.modules.push(Module { parent, root, children: BTreeMap::new(), file, test, items, imports });
        for item in children {
            let Item::Mod(item) = item else { continue };
            let name = imports::plain(&item.ident);
            let test = test || attributes::is_test(&item.attrs);
            let path = attributes::path(&item.attrs);
            let child = match item.content {
                Some((_, items)) => {
                    let folder = format!("{}{name}/", place.folder);
                    let inner = Place { file: place.file.clone(), path_base: folder.clone(), folder };
                    self.read_items(sources, inner, items, Some(id), test)?
                }
                None => {
                    let line = item.ident.span().start().line;
                    let inner = file_of(sources, &place, &name, path).ok_or_else(|| {
                        format!("{}:{line} declares `mod {name}`, which has no file", place.file)
                    })?;
                    self.read_file(sources, inner, Some(id), test)?
                }
            };
            self.modules[id].children.entry(name).or_default().push(child);
        }
        Ok(id)
    }
}

/// Where `mod name;` in `place` is written.
fn file_of(sources: &Sources, place: &Place, name: &str, path: Option<String>) -> Option<Place> {
    if let Some(path) = path {
        let file = normal(&format!("{}{path}", place.path_base))?;
        let folder = folder_of(&file).to_owned();
        return sources.contains_key(&file).then_some(Place { file, path_base: folder.clone(), folder });
    }
    let folder = format!("{}{name}/", place.folder);
    let beside = format!("{}{name}.rs", place.folder);
    let inside = format!("{folder}mod.rs");
    if sources.contains_key(&beside) {
        Some(Place { file: beside, path_base: place.folder.clone(), folder })
    } else if sources.contains_key(&inside) {
        Some(Place { file: inside, path_base: folder.clone(), folder })
    } else {
        None
    }
}

fn is_root(file: &str) -> bool {
    matches!(file, "lib.rs" | "main.rs") || file.strip_prefix("bin/").is_some_and(|name| !name.contains('/'))
}

fn folder_of(file: &str) -> &str {
    file.rfind('/').map_or("", |at| &file[..=at])
}

/// A path without `.` and `..`. `None` if it leads out of the source folder.
fn normal(path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
