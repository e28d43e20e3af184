//! The text of a checkpoint of any log (C2SP tlog-checkpoint, "Note text"): origin, size, root, and any
//! further lines.
//!
//! Further lines are ignored here. A checkpoint of our own logs has none: [`crate::log::Checkpoint`]. Nothing here
//! verifies a signature.

use data_encoding::BASE64;

use crate::name::{Bytes, Hash, decimal};

/// A size of a log and the root that it had then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeHead {
    /// The name of the log.
    pub origin: String,
    /// The number of its leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// Why a text is not the text of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a checkpoint: {0}")]
pub struct TreeHeadError(&'static str);

impl TreeHead {
    /// Reads the text of a note.
    pub fn parse(text: &str) -> Result<Self, TreeHeadError> {
        let text = text.strip_suffix('\n').ok_or(TreeHeadError("its text does not end with a line break"))?;
        let lines: Vec<&str> = text.split('\n').collect();
        if lines.iter().any(|line| line.is_empty()) {
            return Err(TreeHeadError("it has an empty line"));
        }
        let [origin, size, root, ..] = lines[..] else {
            return Err(TreeHeadError("expected the origin, the size and the root, each on a line"));
        };
        let size = decimal(size).ok_or(TreeHeadError("line 2 is not a size in decimal"))?;
        let root = BASE64.decode(root.as_bytes()).ok().and_then(|root| root.try_into().ok());
        let root = root.ok_or(TreeHeadError("line 3 is not a root of 32 bytes in base64"))?;
        let head = Self { origin: origin.to_owned(), size, root: Bytes(root) };
        debug_assert!(text.starts_with(&head.spelled()), "a checkpoint has one spelling");
        Ok(head)
    }

    /// The three lines as they were read, without the last line break.
    fn spelled(&self) -> String {
        format!("{}\n{}\n{}", self.origin, self.size, BASE64.encode(&self.root.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

    #[test]
    fn a_text_is_read_in_its_one_spelling_and_what_follows_is_left_alone() {
        let head = TreeHead::parse(&format!("example.com/behind the+sofa\n20852163\n{ROOT}\n")).unwrap();
        assert_eq!((head.origin.as_str(), head.size), ("example.com/behind the+sofa", 20_852_163));
        assert_eq!(BASE64.encode(&head.root.0), ROOT);
        let more =
            TreeHead::parse(&format!("example.com/behind the+sofa\n20852163\n{ROOT}\nmore\n")).unwrap();
        assert_eq!(more, head);
        for text in [
            String::new(),
            "\n".into(),
            "o\n1\n".into(),
            format!("o\n1\n{ROOT}"),
            format!("\n1\n{ROOT}\n"),
            format!("o\n01\n{ROOT}\n"),
            format!("o\n+1\n{ROOT}\n"),
            format!("o\n-1\n{ROOT}\n"),
            format!("o\n18446744073709551616\n{ROOT}\n"),
            format!("o\n1\n{ROOT} \n"),
            "o\n1\nAAAA\n".into(),
            format!("o\n1\n{ROOT}\n\nmore\n"),
            format!("o\n1\n{}\n", ROOT.trim_end_matches('=')),
        ] {
            assert!(TreeHead::parse(&text).is_err(), "{text:?}");
        }
    }
}
