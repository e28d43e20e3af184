//! Helpers for the texts of names: shortened texts for errors, canonical numbers, and the serde form as text.

/// The beginning of a text, short enough to show in an error.
pub(crate) fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Parses a decimal number in its one canonical spelling (no sign, no leading zero).
pub(crate) fn decimal(text: &str) -> Option<u64> {
    text.parse::<u64>().ok().filter(|number| number.to_string() == text)
}

macro_rules! as_text {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(D::Error::custom)
            }
        }
    };
}

pub(super) use as_text;
