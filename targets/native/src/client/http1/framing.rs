//! Where a body ends.

use bytes::{Buf, Bytes, BytesMut};

/// Bytes around one chunk's data, or of trailers, that are read before giving up.
const OVERHEAD_LIMIT: u32 = 16 << 10;

/// What is left of a body, and how it says that it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::client) enum Framing {
    /// So many bytes.
    Length(u64),
    /// In pieces that carry their sizes.
    Chunked { at: At, overhead: u32 },
    /// As long as the connection.
    UntilClose,
    /// It has ended.
    Done,
}

/// A place in the grammar of chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::client) enum At {
    /// In a size, so far `size` of `digits` digits.
    Size { size: u64, digits: u8 },
    /// Behind it, in what is of no interest.
    Extension { size: u64 },
    /// Before the line feed that ends it.
    SizeEnd { size: u64 },
    /// In the data.
    Data { left: u64 },
    /// Before the carriage return behind the data.
    DataReturn,
    /// Before the line feed behind that.
    DataEnd,
    /// At the start of a line behind the last chunk.
    TrailerStart,
    /// In a trailer, which is of no interest.
    Trailer,
    /// Before the line feed that ends everything.
    End,
}

/// The bytes are no body of that framing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::client) struct Broken;

impl Framing {
    /// A body in chunks, from its start.
    pub(super) const CHUNKED: Self = Self::Chunked { at: At::Size { size: 0, digits: 0 }, overhead: 0 };

    /// A body of so many bytes.
    pub(super) fn of_length(length: u64) -> Self {
        if length == 0 { Self::Done } else { Self::Length(length) }
    }

    pub(in crate::client) fn is_done(self) -> bool {
        self == Self::Done
    }

    /// How many bytes are to come, where that is known.
    pub(in crate::client) fn left(self) -> Option<u64> {
        match self {
            Self::Length(left) => Some(left),
            Self::Done => Some(0),
            Self::Chunked { .. } | Self::UntilClose => None,
        }
    }

    /// Takes all of the body that is in `input`; what stands behind it stays. `None` if that is
    /// nothing.
    pub(in crate::client) fn take(&mut self, input: &mut BytesMut) -> Result<Option<Bytes>, Broken> {
        if input.is_empty() {
            return Ok(None);
        }
        let taken = match self {
            Self::Done => return Ok(None),
            Self::UntilClose => input.split(),
            Self::Length(left) => {
                let count = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                *left -= count as u64;
                if *left == 0 {
                    *self = Self::Done;
                }
                input.split_to(count)
            }
            Self::Chunked { at, overhead } => {
                let (taken, ended) = take_chunks(at, overhead, input)?;
                if ended {
                    *self = Self::Done;
                }
                taken
            }
        };
        Ok(if taken.is_empty() { None } else { Some(taken.freeze()) })
    }

    /// What the end of the connection means.
    pub(in crate::client) fn close(&mut self) -> Result<(), Broken> {
        match self {
            Self::UntilClose | Self::Done => {
                *self = Self::Done;
                Ok(())
            }
            Self::Length(_) | Self::Chunked { .. } => Err(Broken),
        }
    }
}

/// Takes the data of all chunks in `input` as one piece, by moving later chunks up to the first,
/// and tells whether the last one was among them.
fn take_chunks(at: &mut At, overhead: &mut u32, input: &mut BytesMut) -> Result<(BytesMut, bool), Broken> {
    let (mut read, mut kept, mut ended) = (0, 0, false);
    while read < input.len() && !ended {
        if let At::Data { left } = at {
            if kept == 0 {
                input.advance(read);
                read = 0;
            }
            let count = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len() - read);
            if read != kept {
                input.copy_within(read..read + count, kept);
            }
            (read, kept) = (read + count, kept + count);
            *left -= count as u64;
            if *left == 0 {
                (*at, *overhead) = (At::DataReturn, 0);
            }
            continue;
        }
        *overhead += 1;
        if *overhead > OVERHEAD_LIMIT {
            return Err(Broken);
        }
        match at.step(input[read])? {
            Some(next) => *at = next,
            None => ended = true,
        }
        read += 1;
    }
    let mut taken = input.split_to(read);
    taken.truncate(kept);
    Ok((taken, ended))
}

impl At {
    /// One byte outside of data. `None` behind the end of the body.
    fn step(self, byte: u8) -> Result<Option<Self>, Broken> {
        Ok(Some(match (self, byte) {
            (Self::Size { size, digits }, _) if byte.is_ascii_hexdigit() && digits < 16 => {
                let digit = char::from(byte).to_digit(16).ok_or(Broken)?;
                Self::Size { size: size << 4 | u64::from(digit), digits: digits + 1 }
            }
            (Self::Size { digits: 0, .. }, _) => return Err(Broken),
            (Self::Size { size, .. } | Self::Extension { size }, b'\r') => Self::SizeEnd { size },
            (Self::Size { size, .. }, b';' | b' ' | b'\t') => Self::Extension { size },
            (Self::Extension { .. }, b'\n') => return Err(Broken),
            (Self::Extension { size }, _) => Self::Extension { size },
            (Self::SizeEnd { size: 0 }, b'\n') => Self::TrailerStart,
            (Self::SizeEnd { size }, b'\n') => Self::Data { left: size },
            (Self::DataReturn, b'\r') => Self::DataEnd,
            (Self::DataEnd, b'\n') => Self::Size { size: 0, digits: 0 },
            (Self::TrailerStart, b'\r') => Self::End,
            (Self::TrailerStart | Self::Trailer, b'\n') => Self::TrailerStart,
            (Self::TrailerStart | Self::Trailer, _) => Self::Trailer,
            (Self::End, b'\n') => return Ok(None),
            _ => return Err(Broken),
        }))
    }
}
