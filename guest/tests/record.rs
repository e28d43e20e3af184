//! Values of several fields: what was written is read, and nothing else is.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use icn_guest::Failure;
use icn_guest::record::{Reader, Writer};

const UNREADABLE: i32 = 60;

fn read(bytes: &[u8]) -> Result<(i64, String, i64), Failure> {
    let mut reader = Reader::new(bytes, "member", UNREADABLE)?;
    let fields = (reader.number()?, reader.text()?.to_owned(), reader.number()?);
    reader.end()?;
    Ok(fields)
}

#[test]
fn a_record_has_these_bytes_and_is_read_as_it_was_written() {
    let bytes = Writer::new().number(-2).text("żo").number(i64::MAX).bytes();
    let kept = [
        &[1, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 3, 0, 0xc5, 0xbc, b'o'][..],
        &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    ];
    assert_eq!(bytes, kept.concat());
    assert_eq!(read(&bytes).unwrap(), (-2, "żo".to_owned(), i64::MAX));
    let longest = "x".repeat(65_535);
    assert_eq!(read(&Writer::new().number(0).text(&longest).number(0).bytes()).unwrap().1, longest);
    Reader::new(&Writer::default().bytes(), "member", UNREADABLE).unwrap().end().unwrap();
}

#[test]
fn what_was_not_written_so_is_refused_under_the_guests_own_number() {
    let sound = Writer::new().number(7).text("ab").number(8).bytes();
    let mut broken: Vec<Vec<u8>> = (0..sound.len()).map(|length| sound[..length].to_vec()).collect();
    broken.push([&sound[..], &[0]].concat());
    let changed = |at: usize, byte: u8| {
        let mut bytes = sound.clone();
        bytes[at] = byte;
        bytes
    };
    // Another version, a text that is longer, shorter, past the end, or not UTF-8.
    broken.extend([
        changed(0, 0),
        changed(0, 2),
        changed(9, 3),
        changed(9, 1),
        changed(10, 1),
        changed(11, 0xff),
    ]);
    for bytes in broken {
        let refused = read(&bytes).unwrap_err();
        assert_eq!(
            (refused.code(), refused.message()),
            (UNREADABLE, "the stored member cannot be read"),
            "{bytes:?}"
        );
    }
}

#[test]
#[should_panic(expected = "a text of a record has at most 65535 bytes, not 65536")]
fn a_text_that_its_length_cannot_say_is_no_part_of_a_record() {
    let _ = Writer::new().text(&"x".repeat(65_536));
}
