//! The panic handler: a panic ends the call as `Aborted`, with file, line and message. The file's path is relative
//! to the workspace's folder; `build.sh` keeps every other path out of the module.

use core::fmt::{self, Write};
use core::panic::PanicInfo;

use super::abort;

/// A text of bounded length, cut when it is full. A panic must not allocate, because memory may be exhausted.
struct Line {
    bytes: [u8; 512],
    length: usize,
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = &mut self.bytes[self.length..];
        let taken = text.len().min(room.len());
        room[..taken].copy_from_slice(&text.as_bytes()[..taken]);
        self.length += taken;
        Ok(())
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let mut line = Line { bytes: [0; 512], length: 0 };
    let _ = match info.location() {
        Some(at) => write!(line, "{}:{}: {}", at.file(), at.line(), info.message()),
        None => write!(line, "{}", info.message()),
    };
    abort(&line.bytes[..line.length])
}
