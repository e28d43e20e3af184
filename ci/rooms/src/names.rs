//! The paths that the code of a module names, each as an arrow from its file to the file that the path belongs to.

use proc_macro2::TokenStream;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Item, ItemUse, Macro, Meta, Path, Stmt, Visibility};

use crate::arrow::Arrow;
use crate::attributes;
use crate::imports::{self, Import};
use crate::scope::Scope;
use crate::sources::Sources;
use crate::tokens;
use crate::tree::{ModuleId, Tree};

/// Every arrow of a crate, by file and line, without those of test code. `library` is the name by which the package's
/// program knows its library, as in `icn_runtime::Host`.
///
/// # Errors
///
/// A file does not parse, a module has no file, a file belongs to no module, or a function has a module in it.
pub fn arrows(sources: &Sources, library: &str) -> Result<Vec<Arrow>, String> {
    let tree = Tree::read(sources, library)?;
    let mut arrows = Vec::new();
    for (module, found) in tree.modules.iter().enumerate().filter(|(_, module)| !module.test) {
        let mut names = Names { tree: &tree, module, blocks: Vec::new(), arrows: &mut arrows, unread: None };
        for item in &found.items {
            names.visit_item(item);
        }
        if let Some(line) = names.unread {
            return Err(format!(
                "{}:{line} has a module inside of a function, which is not followed",
                found.file
            ));
        }
    }
    arrows.sort();
    arrows.dedup();
    Ok(arrows)
}

struct Names<'a> {
    tree: &'a Tree,
    module: ModuleId,
    /// The imports of the blocks around, the outermost first.
    blocks: Vec<Vec<Import>>,
    arrows: &'a mut Vec<Arrow>,
    /// Where a module stands that the tree does not have.
    unread: Option<usize>,
}

impl Names<'_> {
    fn name(&mut self, path: &[String], text: &str, line: usize) {
        let from = &self.tree.modules[self.module].file;
        let scope = Scope { tree: self.tree, module: self.module, blocks: &self.blocks };
        for place in scope.places(path) {
            let target = &self.tree.modules[place.module];
            if target.file != *from && !target.test {
                let (from, to, path) = (from.clone(), target.file.clone(), text.to_owned());
                self.arrows.push(Arrow { from, line, to, path });
            }
        }
    }

    fn tokens(&mut self, tokens: TokenStream, strings: bool) {
        for (path, line) in tokens::paths(tokens, strings) {
            self.name(&path, &path.join("::"), line);
        }
    }
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if attributes::is_test(attributes::of_item(item)) {
            return;
        }
        match item {
            Item::Mod(item) => self.unread = Some(item.ident.span().start().line),
            Item::Verbatim(tokens) => self.tokens(tokens.clone(), false),
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        if !attributes::is_test(attributes::of_impl_item(item)) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_trait_item(&mut self, item: &'ast syn::TraitItem) {
        if !attributes::is_test(attributes::of_trait_item(item)) {
            visit::visit_trait_item(self, item);
        }
    }

    fn visit_foreign_item(&mut self, item: &'ast syn::ForeignItem) {
        if !attributes::is_test(attributes::of_foreign_item(item)) {
            visit::visit_foreign_item(self, item);
        }
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if !attributes::is_test(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        if !attributes::is_test(&variant.attrs) {
            visit::visit_variant(self, variant);
        }
    }

    fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
        if !attributes::is_test(&field.attrs) {
            visit::visit_field_value(self, field);
        }
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        if !attributes::is_test(&arm.attrs) {
            visit::visit_arm(self, arm);
        }
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        let test = match statement {
            Stmt::Local(local) => attributes::is_test(&local.attrs),
            Stmt::Macro(call) => attributes::is_test(&call.attrs),
            Stmt::Expr(syn::Expr::Block(block), _) => attributes::is_test(&block.attrs),
            Stmt::Expr(syn::Expr::If(block), _) => attributes::is_test(&block.attrs),
            Stmt::Expr(syn::Expr::Call(call), _) => attributes::is_test(&call.attrs),
            Stmt::Expr(syn::Expr::MethodCall(call), _) => attributes::is_test(&call.attrs),
            _ => false,
        };
        if !test {
            visit::visit_stmt(self, statement);
        }
    }

    fn visit_block(&mut self, block: &'ast Block) {
        self.blocks.push(imports::of_block(&block.stmts));
        visit::visit_block(self, block);
        self.blocks.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        for import in imports::of_use(item) {
            if !import.outside {
                self.name(&import.path, &import.text(), import.line);
            }
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        // One part alone is a local name, or was brought in by a `use`, which has its arrow.
        if path.segments.len() > 1 && path.leading_colon.is_none() {
            let parts: Vec<String> =
                path.segments.iter().map(|segment| imports::plain(&segment.ident)).collect();
            self.name(&parts, &parts.join("::"), path.segments[0].ident.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone(), false);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        match &attribute.meta {
            Meta::List(list) if !list.path.is_ident("cfg") => self.tokens(list.tokens.clone(), true),
            // A docstring's links are no code.
            _ => {}
        }
    }

    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}
