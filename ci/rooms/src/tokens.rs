//! The paths in tokens that `syn` does not parse: the arguments of macros, the bodies of `macro_rules`, attributes.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::imports::plain;

/// A path of at least two parts, and the line on which it begins.
pub(crate) type Named = (Vec<String>, usize);

/// Every path in `tokens`, groups included. `$crate::a` is given as `crate::a`. A path in a string is taken when
/// `strings` says so, as `#[serde(with = "super::wide")]` has it.
pub(crate) fn paths(tokens: TokenStream, strings: bool) -> Vec<Named> {
    let mut found = Vec::new();
    collect(tokens, strings, &mut found);
    found
}

fn collect(tokens: TokenStream, strings: bool, found: &mut Vec<Named>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Ident(first) if !is_inside_a_path(&tokens, at) => {
                let mut path = vec![plain(first)];
                let line = first.span().start().line;
                at = follow(&tokens, at + 1, &mut path, line, strings, found);
                if path.len() > 1 {
                    found.push((path, line));
                }
                continue;
            }
            TokenTree::Group(group) => collect(group.stream(), strings, found),
            TokenTree::Literal(literal) if strings => {
                if let Some(path) = path_in_string(&literal.to_string()) {
                    found.push((path, literal.span().start().line));
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// Takes `::part` as often as it comes, and reads a group `::{...}` of a `use`. Returns where it stopped.
fn follow(
    tokens: &[TokenTree],
    mut at: usize,
    path: &mut Vec<String>,
    line: usize,
    strings: bool,
    found: &mut Vec<Named>,
) -> usize {
    while is_separator(tokens, at) {
        match tokens.get(at + 2) {
            Some(TokenTree::Ident(part)) => path.push(plain(part)),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let mut inner = Vec::new();
                collect_group(group.stream(), strings, &mut inner);
                for (rest, _) in inner {
                    found.push((path.iter().cloned().chain(rest).collect(), line));
                }
                return at + 3;
            }
            _ => return at + 2,
        }
        at += 3;
    }
    at
}

/// The members of a group of a `use`: there a path of one part counts.
fn collect_group(tokens: TokenStream, strings: bool, found: &mut Vec<Named>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        if let TokenTree::Ident(first) = token {
            let line = first.span().start().line;
            let mut path = vec![plain(first)];
            at = follow(&tokens, at, &mut path, line, strings, found);
            path.retain(|part| part != "self");
            found.push((path, line));
        }
    }
}

fn is_separator(tokens: &[TokenTree], at: usize) -> bool {
    matches!(
        (tokens.get(at), tokens.get(at + 1)),
        (Some(TokenTree::Punct(a)), Some(TokenTree::Punct(b))) if a.as_char() == ':' && b.as_char() == ':'
    )
}

/// Whether the token goes on with something: `::name`, or a field or method `.name`.
fn is_inside_a_path(tokens: &[TokenTree], at: usize) -> bool {
    let after_dot = at > 0 && matches!(&tokens[at - 1], TokenTree::Punct(punct) if punct.as_char() == '.');
    let after_range =
        at > 1 && after_dot && matches!(&tokens[at - 2], TokenTree::Punct(punct) if punct.as_char() == '.');
    (after_dot && !after_range) || (at > 1 && is_separator(tokens, at - 2))
}

fn path_in_string(literal: &str) -> Option<Vec<String>> {
    let text = literal.strip_prefix('"')?.strip_suffix('"')?;
    let parts: Vec<String> = text.split("::").map(str::to_owned).collect();
    let is_name = |part: &String| {
        !part.is_empty()
            && part.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
            && !part.starts_with(|c: char| c.is_ascii_digit())
    };
    (parts.len() > 1 && parts.iter().all(is_name)).then_some(parts)
}
