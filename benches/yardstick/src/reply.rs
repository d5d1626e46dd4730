//! Reads answers of HTTP/1.1 off a connection that stays, and keeps nothing that nobody wants: a client that costs little.

use std::io::{BufRead, Read, Write as _};
use std::net::TcpStream;
use std::ops::Range;
use std::time::Duration;

use anyhow::{Context as _, bail};

/// Whoever does not answer by then is broken.
const PATIENCE: Duration = Duration::from_mins(2);

const PAGE: usize = 4096;
const BUFFER: usize = 256 << 10;

/// A connection that is asked one thing again and again.
pub(crate) struct Connection {
    stream: Buffered,
    request: Vec<u8>,
}

/// What was answered.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) bytes: u64,
}

impl Connection {
    /// Connects to ask for this path.
    ///
    /// What is read lies `offset` bytes behind the beginning of a page.
    pub(crate) fn open(host: &str, path: &str, wants_gzip: bool, offset: usize) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(host).with_context(|| host.to_owned())?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let encoding = if wants_gzip { "Accept-Encoding: gzip\r\n" } else { "" };
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{encoding}\r\n").into_bytes();
        Ok(Self { stream: Buffered::of(stream, offset), request })
    }

    /// Asks once; the body goes to `keep`, where there is one.
    pub(crate) fn ask(&mut self, mut keep: Option<&mut Vec<u8>>) -> anyhow::Result<Reply> {
        self.stream.stream.write_all(&self.request)?;
        let first = self.line()?;
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
        let mut length = None;
        let mut is_chunked = false;
        loop {
            let line = self.line()?.to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = Some(value.trim().parse()?);
            }
            is_chunked |= line.starts_with("transfer-encoding:") && line.ends_with("chunked");
        }
        let mut bytes = 0;
        if is_chunked {
            loop {
                let size = u64::from_str_radix(self.line()?.trim(), 16)?;
                self.take(size, &mut keep)?;
                bytes += size;
                self.line()?;
                if size == 0 {
                    break;
                }
            }
        } else {
            bytes = length.context("an answer without a length")?;
            self.take(bytes, &mut keep)?;
        }
        Ok(Reply { status, bytes })
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            bail!("the connection was closed");
        }
        line.truncate(line.trim_end().len());
        Ok(line)
    }

    fn take(&mut self, bytes: u64, keep: &mut Option<&mut Vec<u8>>) -> anyhow::Result<()> {
        if let Some(kept) = keep {
            if (&mut self.stream).take(bytes).read_to_end(kept)? as u64 != bytes {
                bail!("the answer broke off");
            }
            return Ok(());
        }
        let mut left = bytes;
        while left > 0 {
            let arrived = self.stream.fill_buf()?.len();
            if arrived == 0 {
                bail!("the answer broke off");
            }
            let passed = usize::try_from(left).unwrap_or(usize::MAX).min(arrived);
            self.stream.consume(passed);
            left -= passed as u64;
        }
        Ok(())
    }
}

/// Reads ahead into whole pages.
///
/// The kernel copies with `rep movsb`, which some processors of AMD do at a fifteenth of its rate where the target lies 1
/// to 31 bytes behind the source within a page. What a server writes lies at the beginning of a page of the kernel's,
/// and a large `Vec` 16 bytes behind that of its own: a client with such a buffer would measure the allocator.
struct Buffered {
    stream: TcpStream,
    room: Vec<u8>,
    pages: Range<usize>,
    arrived: Range<usize>,
}

impl Buffered {
    fn of(stream: TcpStream, offset: usize) -> Self {
        let room = vec![0; BUFFER + PAGE + offset];
        let begin = room.as_ptr().align_offset(PAGE) + offset;
        Self { stream, room, pages: begin..begin + BUFFER, arrived: begin..begin }
    }
}

impl Read for Buffered {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Buffered {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        if self.arrived.is_empty() {
            let begin = self.pages.start;
            let read = self.stream.read(&mut self.room[self.pages.clone()])?;
            self.arrived = begin..begin + read;
        }
        Ok(&self.room[self.arrived.clone()])
    }

    fn consume(&mut self, bytes: usize) {
        self.arrived.start += bytes;
    }
}
