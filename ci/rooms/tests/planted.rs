//! Planted circles and broken orders are found, and what is none is not.

#![allow(clippy::unwrap_used, reason = "tests")]

use icn_rooms::arrow::Arrow;
use icn_rooms::circles::circles;
use icn_rooms::crates::circle_faults;
use icn_rooms::names::arrows;
use icn_rooms::order;
use icn_rooms::sources::Sources;

fn sources(files: &[(&str, &str)]) -> Sources {
    files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect()
}

/// Every arrow, as `from -> to`, each pair once.
fn drawn(files: &[(&str, &str)]) -> Vec<String> {
    let mut pairs: Vec<String> =
        found(files).iter().map(|arrow| format!("{} -> {}", arrow.from, arrow.to)).collect();
    pairs.sort();
    pairs.dedup();
    pairs
}

fn found(files: &[(&str, &str)]) -> Vec<Arrow> {
    arrows(&sources(files), "planted").unwrap()
}

/// The files of the only circle.
fn circle(files: &[(&str, &str)]) -> Vec<String> {
    let circles = circles(&found(files));
    assert_eq!(circles.len(), 1, "{circles:?}");
    let mut files: Vec<String> = circles[0].iter().map(|arrow| arrow.from.clone()).collect();
    files.dedup();
    files
}

#[test]
fn two_files_that_name_each_other_are_a_circle() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        ("b.rs", "\npub struct B; impl B { fn f(_: &crate::a::A) {} }"),
    ];
    assert_eq!(circle(&files), ["a.rs", "b.rs"]);
    let circle = &circles(&found(&files))[0];
    assert_eq!(circle[0].to_string(), "a.rs:1 names `crate::b::B`, of b.rs");
    assert_eq!(circle[1].to_string(), "b.rs:2 names `crate::a::A`, of a.rs");
}

#[test]
fn files_beside_a_circle_are_not_named_and_two_circles_are_told_apart() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; mod d; mod e;"),
        ("a.rs", "use crate::b::B; use crate::e::E;"),
        ("b.rs", "use crate::a::A;"),
        ("c.rs", "use crate::d::D; use crate::a::A;"),
        ("d.rs", "use crate::c::C;"),
        ("e.rs", ""),
    ];
    let circles = circles(&found(&files));
    let pairs = |at: usize| -> Vec<String> {
        circles[at].iter().map(|arrow| format!("{} -> {}", arrow.from, arrow.to)).collect()
    };
    assert_eq!(circles.len(), 2);
    assert_eq!(pairs(0), ["a.rs -> b.rs", "b.rs -> a.rs"]);
    assert_eq!(pairs(1), ["c.rs -> d.rs", "d.rs -> c.rs"]);
}

#[test]
fn arrows_of_one_direction_are_no_circle() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; pub use c::C;"),
        ("a.rs", "pub struct A;"),
        ("b.rs", "use crate::a::A; pub struct B(A);"),
        ("c.rs", "use crate::{a::A, b::{self, B}}; pub struct C(A, B, b::B);"),
    ];
    assert_eq!(drawn(&files), ["b.rs -> a.rs", "c.rs -> a.rs", "c.rs -> b.rs", "lib.rs -> c.rs"]);
    assert!(circles(&found(&files)).is_empty());
}

#[test]
fn a_path_through_the_face_of_a_folder_is_a_circle() {
    let files = [
        ("lib.rs", "mod folder;"),
        ("folder/mod.rs", "mod x; mod y; pub use x::X;"),
        ("folder/x.rs", "use super::y::Y; pub struct X(Y);"),
        ("folder/y.rs", "use crate::folder::X; pub struct Y(Option<Box<X>>);"),
    ];
    assert_eq!(circle(&files), ["folder/mod.rs", "folder/x.rs", "folder/y.rs"]);
}

#[test]
fn a_re_export_does_not_lead_on_to_the_file_behind_it() {
    let files = [
        ("lib.rs", "mod folder; mod user;"),
        ("folder/mod.rs", "mod x; pub use x::X;"),
        ("folder/x.rs", "pub struct X;"),
        ("user.rs", "use crate::folder::X; fn f() { X::new() }"),
    ];
    assert_eq!(drawn(&files), ["folder/mod.rs -> folder/x.rs", "user.rs -> folder/mod.rs"]);
}

#[test]
fn a_path_by_super_is_a_circle() {
    let files = [
        ("lib.rs", "mod folder;"),
        ("folder.rs", "mod part; pub struct Whole(part::Part);"),
        ("folder/part.rs", "pub struct Part; fn f(_: super::Whole) {}"),
    ];
    assert_eq!(circle(&files), ["folder.rs", "folder/part.rs"]);
}

#[test]
fn super_counts_from_the_module_and_not_from_the_file() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        (
            "a.rs",
            "pub struct A; mod inner { use super::A; use super::super::b::B; fn f(_: self::super::super::b::B) {} }",
        ),
        ("b.rs", "pub struct B;"),
    ];
    assert_eq!(drawn(&files), ["a.rs -> b.rs"]);
}

#[test]
fn a_path_in_the_tokens_of_a_macro_is_a_circle() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b; fn f() { format!(\"{}\", b::text(1)) }"),
        ("b.rs", "macro_rules! make { () => { $crate::a::A } }"),
    ];
    assert_eq!(circle(&files), ["a.rs", "b.rs"]);
}

#[test]
fn an_exported_macro_belongs_to_the_file_that_defines_it() {
    let made =
        "macro_rules! hidden { () => {} } #[macro_export] macro_rules! made { () => { $crate::made!() } }";
    let files = [
        ("lib.rs", "mod a; mod b; use a::A;"),
        ("a.rs", made),
        ("b.rs", "crate::made!(); fn f() { crate::hidden!() }"),
    ];
    assert_eq!(drawn(&files), ["b.rs -> a.rs", "b.rs -> lib.rs", "lib.rs -> a.rs"]);
}

#[test]
fn a_group_of_imports_in_the_tokens_of_a_macro_is_followed() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "made! { use crate::{b::{self, B}, c, d::*}; x.b::y; }"),
        ("b.rs", ""),
        ("c.rs", ""),
        ("d.rs", ""),
    ];
    assert_eq!(drawn(&files), ["a.rs -> b.rs", "a.rs -> c.rs", "a.rs -> d.rs"]);
}

#[test]
fn a_path_in_a_string_of_an_attribute_counts_and_one_in_a_docstring_does_not() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "/// See [`crate::c::C`].\nstruct A { #[serde(with = \"crate::b::wide\")] field: u8 }"),
        ("b.rs", ""),
        ("c.rs", ""),
    ];
    assert_eq!(drawn(&files), ["a.rs -> b.rs"]);
}

#[test]
fn code_for_tests_alone_draws_no_arrow() {
    let a = "
        pub struct A; #[cfg(test)] mod tests;
        #[cfg(test)] use crate::b::B;
        #[cfg(all(test, feature = \"x\"))] impl A { fn f(_: crate::b::B) {} }
        impl A { #[cfg(test)] fn f(_: crate::b::B) {} }
        trait C { #[cfg(any(test, all(test, x)))] fn f(_: crate::b::B) {} }
        struct D { #[cfg(test)] field: crate::b::B }
        enum E { #[cfg(test)] F(crate::b::B) }
        #[test] fn f() { crate::b::B; }
        fn g() { #[cfg(test)] let b = crate::b::B; #[cfg(test)] crate::b::h(); #[cfg(test)] { crate::b::B } }
        fn h() { match x { #[cfg(test)] _ => crate::b::h(), } }
        #[cfg(test)] mod inner { use crate::b::*; }";
    let b = "use crate::a::A; pub struct B(A);";
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", a),
        ("a/tests.rs", "use crate::b::B; fn f(_: B) {}"),
        ("b.rs", b),
    ];
    assert_eq!(drawn(&files), ["b.rs -> a.rs"]);
    assert!(circles(&found(&files)).is_empty());
}

#[test]
fn code_that_is_not_for_tests_alone_does_draw_one() {
    let a = "pub struct A; #[cfg(any(test, feature = \"x\"))] fn f(_: crate::b::B) {} #[cfg(not(test))] fn g() {}";
    let files = [("lib.rs", "mod a; mod b;"), ("a.rs", a), ("b.rs", "")];
    assert_eq!(drawn(&files), ["a.rs -> b.rs"]);
}

#[test]
fn names_that_an_import_or_a_glob_brought_in_lead_on() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; mod folder;"),
        (
            "a.rs",
            "use crate as here; use here::b as other; fn f() { other::g(); { use here::c; c::d::h() } }",
        ),
        ("b.rs", "fn c() { c::h() }"),
        ("c/mod.rs", "pub mod d;"),
        ("c/d.rs", ""),
        ("folder/mod.rs", "mod x; mod y; use crate::b;"),
        ("folder/x.rs", "use super::*; fn f() { y::g(); b::h(); Unknown::i() }"),
        ("folder/y.rs", ""),
    ];
    let expected = [
        "a.rs -> b.rs",
        "a.rs -> c/d.rs",
        "a.rs -> c/mod.rs",
        "a.rs -> lib.rs",
        "folder/mod.rs -> b.rs",
        "folder/x.rs -> b.rs",
        "folder/x.rs -> folder/mod.rs",
        "folder/x.rs -> folder/y.rs",
    ];
    assert_eq!(drawn(&files), expected);
}

#[test]
fn a_function_with_the_name_of_its_module_is_no_way_round() {
    let files = [
        ("lib.rs", "mod validate; pub use validate::validate; fn f() { validate::Other; validate(); }"),
        ("validate.rs", "pub fn validate() {}"),
    ];
    assert_eq!(drawn(&files), ["lib.rs -> validate.rs"]);
}

#[test]
fn what_lies_outside_of_the_crate_is_no_arrow() {
    let files = [
        ("lib.rs", "mod a; mod std;"),
        (
            "a.rs",
            "use ::std::fmt; use other::a::B; fn f(_: ::std::fmt::Error, _: B::C) { let std = 1; g(std) }",
        ),
        ("std.rs", ""),
    ];
    assert!(drawn(&files).is_empty());
}

#[test]
fn a_visibility_is_no_arrow() {
    let files = [
        ("lib.rs", "mod a;"),
        ("a/mod.rs", "mod b;"),
        ("a/b.rs", "pub(in crate::a) struct B; pub(super) fn f() {}"),
    ];
    assert!(drawn(&files).is_empty());
}

#[test]
fn a_name_with_two_modules_by_cfg_leads_to_both() {
    let files = [
        (
            "lib.rs",
            "#[cfg(a)] mod a; #[cfg(not(a))] #[path = \"other/b.rs\"] mod a; use a as host; fn f() { host::g() }",
        ),
        ("a.rs", ""),
        ("other/b.rs", ""),
    ];
    assert_eq!(drawn(&files), ["lib.rs -> a.rs", "lib.rs -> other/b.rs"]);
}

#[test]
fn a_program_names_its_library_by_its_name() {
    let files = [
        ("lib.rs", "pub mod a;"),
        ("a.rs", ""),
        ("main.rs", "mod b;"),
        ("b.rs", "use planted::a::A; use crate::f; fn g(_: planted::B) {}"),
    ];
    assert_eq!(drawn(&files), ["b.rs -> a.rs", "b.rs -> lib.rs", "b.rs -> main.rs"]);
}

#[test]
fn a_file_without_a_module_and_a_module_without_a_file_are_errors() {
    let error = |files: &[(&str, &str)]| arrows(&sources(files), "planted").unwrap_err();
    assert_eq!(error(&[("lib.rs", ""), ("a.rs", "")]), "a.rs belongs to no module: no `mod` names it");
    assert_eq!(error(&[("lib.rs", "\nmod a;")]), "lib.rs:2 declares `mod a`, which has no file");
    assert_eq!(
        error(&[("lib.rs", "fn f() {")]),
        "lib.rs:1 does not parse: cannot parse string into token stream"
    );
    assert!(
        error(&[("lib.rs", "fn f() { mod inner {} }")])
            .starts_with("lib.rs:1 has a module inside of a function")
    );
}

const ORDER: &str = "
    # from the lowest on
    [planted/src]
    low.rs   # knows nothing
    folder/
    lib.rs
    [planted/src/folder]
    x.rs
    mod.rs
";

fn broken(section: &str, below: &str, files: &[(&str, &str)]) -> Vec<String> {
    let order = order::read(ORDER).unwrap();
    order::broken(&order[section], below, &sources(files), &found(files))
}

#[test]
fn a_file_that_names_one_below_it_breaks_the_order() {
    let files = [
        ("lib.rs", "mod low; mod folder;"),
        ("low.rs", "\n\nuse crate::folder::x::X;"),
        ("folder/mod.rs", "pub mod x;"),
        ("folder/x.rs", "use super::Y;"),
    ];
    assert!(circles(&found(&files)).is_empty());
    assert_eq!(
        broken("planted/src", "", &files),
        ["low.rs:3 names `crate::folder::x::X`, of folder/x.rs; order.txt has folder/ below low.rs"]
    );
    assert_eq!(
        broken("planted/src/folder", "folder/", &files),
        ["folder/x.rs:1 names `super::Y`, of folder/mod.rs; order.txt has mod.rs below x.rs"]
    );
}

#[test]
fn a_crate_in_its_order_breaks_nothing() {
    let files = [
        ("lib.rs", "mod low; mod folder; pub use folder::Y;"),
        ("low.rs", ""),
        ("folder.rs", "mod x; use x::X; use crate::low::Low;"),
        ("folder/x.rs", "use crate::low;"),
    ];
    assert!(broken("planted/src", "", &files).is_empty());
}

#[test]
fn each_file_has_a_row_and_each_row_a_file() {
    let files = [("lib.rs", "mod low; mod new;"), ("low.rs", ""), ("new.rs", "")];
    assert_eq!(
        broken("planted/src", "", &files),
        ["new.rs has no row in order.txt", "order.txt:5 has the row folder/, but nothing has that name"]
    );
}

#[test]
fn only_the_circle_that_the_order_allows_is_let_through() {
    let order = order::read("[a]\na.rs\nb.rs\nlib.rs\ncircle: b.rs a.rs").unwrap();
    let allowed = &order["a"].circles;
    let a = ("a.rs", "use crate::b::B;");
    let files = [("lib.rs", "mod a; mod b;"), a, ("b.rs", "use crate::a::A;")];
    assert!(circle_faults(&circles(&found(&files)), allowed).is_empty());
    assert!(order::broken(&order["a"], "", &sources(&files), &found(&files)).is_empty());
    let larger = [("lib.rs", "mod a; mod b; use a::A;"), a, ("b.rs", "use crate::a::A; use crate::C;")];
    let faults = circle_faults(&circles(&found(&larger)), allowed);
    assert!(faults[0].starts_with("files name each other in a circle:"), "{faults:?}");
    assert_eq!(faults[1], "order.txt allows a circle of a.rs b.rs, which is not there");
    let none = circle_faults(&circles(&found(&[("lib.rs", "mod a; mod b;"), a, ("b.rs", "")])), allowed);
    assert_eq!(none, ["order.txt allows a circle of a.rs b.rs, which is not there"]);
}

#[test]
fn an_order_that_says_a_thing_twice_is_refused() {
    let error = |text| order::read(text).unwrap_err();
    assert_eq!(error("a.rs"), "order.txt:1 has a row before the first section");
    assert_eq!(error("[a]\nb.rs\nb.rs"), "order.txt:3 has the row b.rs a second time");
    assert_eq!(error("[a]\n[a]"), "order.txt:2 begins the section [a] a second time");
}
