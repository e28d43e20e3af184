//! Tells the compiler that `cfg(loom)` is a name we mean, so that a misspelt one still gets a warning.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(loom)");
}
