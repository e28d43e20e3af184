//! The same question put to serde_json: slower, with a buffer that grows, and nothing in common with the reader under
//! test.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use icn_core::limits;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// What serde_json and a visitor of its values say of a text.
pub(super) fn check_object(text: &str) -> Result<(), serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Value { depth_left: limits::JSON_DEPTH_MAX, object: true };
    value.deserialize(&mut reader)?;
    reader.end()
}

/// A value, and how deep it may go.
#[derive(Clone, Copy)]
struct Value {
    depth_left: usize,
    /// Whether it must be an object.
    object: bool,
}

impl Value {
    fn inner<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth_left = self
            .depth_left
            .checked_sub(1)
            .ok_or_else(|| E::custom(format!("nested deeper than {}", limits::JSON_DEPTH_MAX)))?;
        Ok(Self { depth_left, object: false })
    }
    fn plain<E: serde::de::Error>(self) -> Result<(), E> {
        if self.object { Err(E::custom("expected an object")) } else { Ok(()) }
    }
}

/// An object's name, as text that need not be copied.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }
    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }
    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

impl<'de> DeserializeSeed<'de> for Value {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

fn integer<E: serde::de::Error>(magnitude: u64) -> Result<(), E> {
    if magnitude > limits::JSON_INTEGER_MAX {
        return Err(E::custom(format!("an integer beyond {}", limits::JSON_INTEGER_MAX)));
    }
    Ok(())
}

impl<'de> Visitor<'de> for Value {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.plain()
    }
    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        self.plain()
    }
    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        self.plain()
    }
    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<(), E> {
        self.plain()?;
        integer(number)
    }
    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<(), E> {
        self.plain()?;
        integer(number.unsigned_abs())
    }
    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<(), E> {
        self.plain()?;
        // An integer of more than 64 bits is read as one of these, and so is 1e300. From 2^53 on each of them is
        // an integer.
        if number.abs() >= 9_007_199_254_740_992.0 {
            return integer(u64::MAX);
        }
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.plain()?;
        let inner = self.inner()?;
        while list.next_element_seed(inner)?.is_some() {}
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let inner = self.inner()?;
        let mut names = BTreeSet::new();
        while let Some(name) = object.next_key_seed(Name)? {
            if names.contains(&name) {
                return Err(A::Error::custom(format!("the name `{name}` twice in one object")));
            }
            names.insert(name);
            object.next_value_seed(inner)?;
        }
        Ok(())
    }
}
