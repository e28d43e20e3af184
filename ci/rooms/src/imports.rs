//! `use` declarations, taken apart into one path each.

use syn::{Item, ItemUse, Stmt, UseTree};

use crate::attributes;

/// One path of a `use`. `use a::{self, b as c, d::*}` has three: `a`, `a::b` as `c`, and all of `a::d`.
#[derive(Debug, Clone)]
pub(crate) struct Import {
    /// The name by which the path is known from here on: `None` for a glob, `_` for what has none.
    pub(crate) name: Option<String>,
    /// The parts of the path, without a last `self` or `*`.
    pub(crate) path: Vec<String>,
    /// Where the last part stands, from 1 on.
    pub(crate) line: usize,
    /// The path begins with `::`, so it leads out of the crate.
    pub(crate) outside: bool,
}

impl Import {
    /// The path as one would write it.
    pub(crate) fn text(&self) -> String {
        let path = self.path.join("::");
        if self.name.is_none() { format!("{path}::*") } else { path }
    }
}

/// The imports of the items of a module or block, without those for tests alone.
pub(crate) fn of_items<'a>(items: impl IntoIterator<Item = &'a Item>) -> Vec<Import> {
    let mut imports = Vec::new();
    for item in items {
        match item {
            Item::Use(item) if !attributes::is_test(&item.attrs) => imports.extend(of_use(item)),
            // `extern crate self as name;`
            Item::ExternCrate(item) if item.ident == "self" => {
                if let Some((_, name)) = &item.rename {
                    let line = name.span().start().line;
                    let (name, path) = (Some(name.to_string()), vec!["crate".to_owned()]);
                    imports.push(Import { name, path, line, outside: false });
                }
            }
            _ => {}
        }
    }
    imports
}

/// The imports that stand in a block.
pub(crate) fn of_block(statements: &[Stmt]) -> Vec<Import> {
    of_items(statements.iter().filter_map(|statement| match statement {
        Stmt::Item(item) => Some(item),
        _ => None,
    }))
}

/// The imports of one `use`.
pub(crate) fn of_use(item: &ItemUse) -> Vec<Import> {
    let mut imports = Vec::new();
    flatten(&item.tree, &mut Vec::new(), item.leading_colon.is_some(), &mut imports);
    imports
}

fn flatten(tree: &UseTree, prefix: &mut Vec<String>, outside: bool, imports: &mut Vec<Import>) {
    match tree {
        UseTree::Path(path) => {
            prefix.push(plain(&path.ident));
            flatten(&path.tree, prefix, outside, imports);
            prefix.pop();
        }
        UseTree::Name(name) => imports.push(named(&name.ident, &name.ident, prefix, outside)),
        UseTree::Rename(rename) => imports.push(named(&rename.ident, &rename.rename, prefix, outside)),
        UseTree::Glob(glob) => {
            let line = glob.star_token.spans[0].start().line;
            imports.push(Import { name: None, path: prefix.clone(), line, outside });
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, prefix, outside, imports);
            }
        }
    }
}

fn named(last: &syn::Ident, name: &syn::Ident, prefix: &[String], outside: bool) -> Import {
    let line = last.span().start().line;
    let mut path = prefix.to_vec();
    // `use a::{self}` is `a`; only alone is `self` this module.
    if last != "self" || path.is_empty() {
        path.push(plain(last));
    }
    let name = if name == "self" { path.last().cloned() } else { Some(plain(name)) };
    Import { name, path, line, outside }
}

/// A name without the mark of a raw identifier.
pub(crate) fn plain(ident: &syn::Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map_or(text.clone(), str::to_owned)
}
