//! The encodings.

use std::io;

#[cfg(feature = "brotli")]
use compression_codecs::BrotliDecoder;
use compression_codecs::{
    DecodeV2,
    core::util::{PartialBuffer, WriteBuffer},
};
#[cfg(feature = "gzip")]
use compression_codecs::{DeflateDecoder, GzipDecoder, ZlibDecoder};

#[cfg(feature = "zstd")]
use self::zstd::ZstdDecoder;

/// One encoding, in the middle of a body.
pub(super) enum Codec {
    #[cfg(feature = "gzip")]
    Gzip(GzipDecoder),
    #[cfg(feature = "brotli")]
    Brotli(Box<BrotliDecoder>),
    #[cfg(feature = "zstd")]
    Zstd(Box<ZstdDecoder>),
    /// HTTP's deflate is zlib's format, and some send the bare one; the first byte tells.
    #[cfg(feature = "gzip")]
    Deflate,
    #[cfg(feature = "gzip")]
    Zlib(ZlibDecoder),
    #[cfg(feature = "gzip")]
    Bare(DeflateDecoder),
}

impl Codec {
    /// That of a name in `content-encoding`, in lower case.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            #[cfg(feature = "gzip")]
            "gzip" | "x-gzip" => Self::Gzip(GzipDecoder::new()),
            #[cfg(feature = "gzip")]
            "deflate" => Self::Deflate,
            #[cfg(feature = "brotli")]
            "br" => Self::Brotli(Box::new(BrotliDecoder::new())),
            #[cfg(feature = "zstd")]
            "zstd" => Self::Zstd(Box::default()),
            _ => return None,
        })
    }

    /// What decodes a body that begins with this byte.
    #[cfg_attr(not(feature = "gzip"), allow(unused_variables, reason = "only deflate looks at it"))]
    pub(super) fn decoder(&mut self, first: u8) -> &mut dyn DecodeV2 {
        #[cfg(feature = "gzip")]
        if matches!(self, Self::Deflate) {
            // RFC 1950: the low half of a zlib header's first byte is 8, the high half at most 7.
            let is_zlib = first & 0x0f == 8 && first >> 4 <= 7;
            *self = if is_zlib { Self::Zlib(ZlibDecoder::new()) } else { Self::Bare(DeflateDecoder::new()) };
        }
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip(decoder) => decoder,
            #[cfg(feature = "brotli")]
            Self::Brotli(decoder) => &mut **decoder,
            #[cfg(feature = "zstd")]
            Self::Zstd(decoder) => &mut **decoder,
            #[cfg(feature = "gzip")]
            Self::Zlib(decoder) => decoder,
            #[cfg(feature = "gzip")]
            Self::Bare(decoder) => decoder,
            #[cfg(feature = "gzip")]
            Self::Deflate => unreachable!("replaced above"),
        }
    }

    /// Gives what is left of the input that it has, and whether it knows that to be the end.
    pub(super) fn drain(&mut self, output: &mut WriteBuffer<'_>) -> io::Result<bool> {
        match self {
            #[cfg(feature = "brotli")]
            Self::Brotli(decoder) => decoder.decode(&mut PartialBuffer::new(&[]), output),
            #[cfg(feature = "zstd")]
            Self::Zstd(decoder) => decoder.decode(&mut PartialBuffer::new(&[]), output),
            #[cfg(feature = "gzip")]
            other => other.decoder(0).flush(output).map(|_| false),
        }
    }

    /// Whether another whole stream may follow the first, as members of gzip and frames of zstd.
    pub(super) fn may_repeat(&self) -> bool {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip(_) => true,
            #[cfg(feature = "zstd")]
            Self::Zstd(_) => true,
            #[cfg(any(feature = "brotli", feature = "gzip"))]
            _ => false,
        }
    }
}

#[cfg(feature = "zstd")]
mod zstd {
    //! zstd, by a decoder that is plain Rust.

    use super::*;
    use mzstd::{
        DecodeLimits, DecodeOperation, DecoderConfig, DecoderSessionOwned, DecoderStatus, Decompressor,
        FrameMode,
    };

    /// The window that a frame may ask memory for: 8 MB, as RFC 9659 limits it for HTTP.
    const WINDOW_LOG: u8 = 23;

    pub(crate) struct ZstdDecoder(DecoderSessionOwned);

    impl Default for ZstdDecoder {
        fn default() -> Self {
            let limits =
                DecodeLimits::DEFAULT.with_max_window_log(WINDOW_LOG).unwrap_or(DecodeLimits::DEFAULT);
            let config = DecoderConfig::DEFAULT.with_frame_mode(FrameMode::Single).with_limits(limits);
            Self(Decompressor::new(config).into_session())
        }
    }

    impl ZstdDecoder {
        fn process(
            &mut self,
            input: &[u8],
            output: &mut WriteBuffer<'_>,
            operation: DecodeOperation,
        ) -> io::Result<(usize, DecoderStatus)> {
            let progress = self.0.process(input, output.initialize_unwritten(), operation);
            let progress = progress.map_err(|failure| io::Error::from(failure.into_error()))?;
            output.advance(progress.produced);
            Ok((progress.consumed, progress.status))
        }
    }

    impl DecodeV2 for ZstdDecoder {
        fn reinit(&mut self) -> io::Result<()> {
            self.0.reinit();
            Ok(())
        }

        fn decode(
            &mut self,
            input: &mut PartialBuffer<&[u8]>,
            output: &mut WriteBuffer<'_>,
        ) -> io::Result<bool> {
            let (consumed, status) = self.process(input.unwritten(), output, DecodeOperation::Process)?;
            input.advance(consumed);
            Ok(matches!(status, DecoderStatus::Finished))
        }

        fn flush(&mut self, output: &mut WriteBuffer<'_>) -> io::Result<bool> {
            let (_, status) = self.process(&[], output, DecodeOperation::Process)?;
            Ok(!matches!(status, DecoderStatus::NeedsOutput))
        }

        fn finish(&mut self, output: &mut WriteBuffer<'_>) -> io::Result<bool> {
            let (_, status) = self.process(&[], output, DecodeOperation::Finish)?;
            Ok(matches!(status, DecoderStatus::Finished))
        }
    }
}
