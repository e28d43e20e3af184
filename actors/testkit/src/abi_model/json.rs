//! One JSON object that every reader understands the same, by RFC 8259 and the contract's bounds.

use std::collections::BTreeSet;

/// Arrays and objects inside one another, the outermost among them.
const DEPTH_MAX: usize = 32;
/// 2^53 - 1: the greatest integer, either way.
const INTEGER_MAX: f64 = 9_007_199_254_740_991.0;

/// Whether UTF-8 text is one such object and nothing but white space around it.
#[must_use]
pub fn is_object(text: &[u8]) -> bool {
    let mut reader = Reader { text, at: 0 };
    reader.space();
    reader.object(1).is_some() && {
        reader.space();
        reader.at == text.len()
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }
    fn space(&mut self) {
        while self.peek().is_some_and(|c| b" \t\r\n".contains(&c)) {
            self.at += 1;
        }
    }
    fn take(&mut self, word: &[u8]) -> Option<()> {
        self.text.get(self.at..)?.starts_with(word).then(|| self.at += word.len())
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'{' => self.object(depth + 1),
            b'[' => self.list(depth + 1),
            b'"' => self.string().map(|_| ()),
            b't' => self.take(b"true"),
            b'f' => self.take(b"false"),
            b'n' => self.take(b"null"),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.take(b"{")?;
        let mut names = BTreeSet::new();
        self.items(b"}", depth, |reader| {
            names.insert(reader.string()?).then_some(())?;
            reader.space();
            reader.take(b":")?;
            reader.space();
            reader.value(depth)
        })
    }

    fn list(&mut self, depth: usize) -> Option<()> {
        self.take(b"[")?;
        self.items(b"]", depth, |reader| reader.value(depth))
    }

    fn items(
        &mut self,
        end: &[u8],
        depth: usize,
        mut item: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        if depth > DEPTH_MAX {
            return None;
        }
        self.space();
        if self.take(end).is_some() {
            return Some(());
        }
        loop {
            self.space();
            item(self)?;
            self.space();
            if self.take(end).is_some() {
                return Some(());
            }
            self.take(b",")?;
        }
    }

    /// A string, its escapes resolved to UTF-16 units beside the text's own characters.
    fn string(&mut self) -> Option<Vec<u32>> {
        self.take(b"\"")?;
        let rest = std::str::from_utf8(self.text.get(self.at..)?).ok()?;
        let (mut characters, mut found) = (rest.char_indices(), Vec::new());
        loop {
            let (at, character) = characters.next()?;
            match character {
                '"' => {
                    self.at += at + 1;
                    return Some(found);
                }
                '\\' => {
                    let (_, escape) = characters.next()?;
                    found.push(match escape {
                        '"' | '\\' | '/' => u32::from(escape),
                        'b' => 8,
                        'f' => 12,
                        'n' => 10,
                        'r' => 13,
                        't' => 9,
                        'u' => (0..4)
                            .try_fold(0, |unit, _| Some(unit * 16 + characters.next()?.1.to_digit(16)?))?,
                        _ => return None,
                    });
                }
                '\0'..='\u{1f}' => return None,
                _ => found.push(u32::from(character)),
            }
        }
    }

    fn digits(&mut self) -> usize {
        let from = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - from
    }

    fn number(&mut self) -> Option<()> {
        let from = self.at;
        let _ = self.take(b"-");
        if self.take(b"0").is_none() && self.digits() == 0 {
            return None;
        }
        if self.take(b".").is_some() && self.digits() == 0 {
            return None;
        }
        if self.peek().is_some_and(|c| c == b'e' || c == b'E') {
            self.at += 1;
            if self.take(b"+").is_none() {
                let _ = self.take(b"-");
            }
            if self.digits() == 0 {
                return None;
            }
        }
        let number: f64 = std::str::from_utf8(self.text.get(from..self.at)?).ok()?.parse().ok()?;
        (number.abs() <= INTEGER_MAX).then_some(())
    }
}
