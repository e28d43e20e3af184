//! Tests of the reader of `.pb` files.

mod accepted;
mod files;
mod refused;
mod small;
