//! The `typ` of each kind of payload, as a type. Reading it fails on any other text.

macro_rules! tag {
    ($(#[$doc:meta])* $name:ident, $text:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct $name;
        const _: () = assert!($text.len() > 4 && $text.as_bytes()[3] == b'/', "a `typ` is `icn/kind/version`");
        impl $name {
            /// The text in a block's `typ`.
            pub const TEXT: &'static str = $text;
        }
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($text)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <&'de str>::deserialize(deserializer)?;
                if text == $text {
                    Ok(Self)
                } else {
                    Err(serde::de::Error::custom(format!("its `typ` is `{text}`, expected `{}`", $text)))
                }
            }
        }
    };
}

pub(super) use tag;
