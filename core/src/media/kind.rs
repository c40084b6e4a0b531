//! What was fetched, by its first bytes.

/// What belongs in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A picture.
    Image,
    /// A PDF, or plain text.
    Document,
}

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Bytes of this media type.
    Bytes(&'static str),
    /// A document that is text.
    Text(String),
}

/// It is not what belongs there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// No picture that a model reads.
    #[error("what is there is no PNG, JPEG, GIF or WebP image")]
    NoImage,
    /// No document that a model reads.
    #[error("what is there is neither a PDF nor plain text")]
    NoDocument,
}

/// Reads what came. The announced type must not say otherwise; where it says nothing, the first
/// bytes decide alone.
///
/// # Errors
/// [`Unfit`], for anything else than what is wanted.
pub fn read(wanted: Wanted, content_type: Option<&str>, bytes: &[u8]) -> Result<Found, Unfit> {
    let announced = content_type.and_then(|value| value.split(';').next()).map(str::trim).unwrap_or_default();
    let announced = announced.to_ascii_lowercase();
    let open = matches!(announced.as_str(), "" | "application/octet-stream" | "binary/octet-stream");
    match wanted {
        Wanted::Image => {
            let image = image(bytes).filter(|_| open || announced.starts_with("image/"));
            image.map(Found::Bytes).ok_or(Unfit::NoImage)
        }
        Wanted::Document => {
            if bytes.starts_with(b"%PDF-") && (open || announced == "application/pdf") {
                return Ok(Found::Bytes("application/pdf"));
            }
            let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
            let told = announced.starts_with("text/") && announced != "text/html";
            text.filter(|_| told).map(|text| Found::Text(text.to_owned())).ok_or(Unfit::NoDocument)
        }
    }
}

/// The media type of a picture.
fn image(bytes: &[u8]) -> Option<&'static str> {
    let webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    [
        (bytes.starts_with(b"\x89PNG\r\n\x1A\n"), "image/png"),
        (bytes.starts_with(b"\xFF\xD8\xFF"), "image/jpeg"),
        (bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a"), "image/gif"),
        (webp, "image/webp"),
    ]
    .into_iter()
    .find_map(|(is, name)| is.then_some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_and_the_announced_type_agree_or_it_is_refused() {
        const PNG: &[u8] = b"\x89PNG\r\n\x1A\n...";
        const PDF: &[u8] = b"%PDF-1.7 ...";
        let bytes = |kind| Ok(Found::Bytes(kind));
        for (wanted, announced, body, expected) in [
            (Wanted::Image, Some("image/png"), PNG, bytes("image/png")),
            (Wanted::Image, Some("IMAGE/jpeg; q=1"), b"\xFF\xD8\xFF\xE0", bytes("image/jpeg")),
            (Wanted::Image, None, b"GIF89a", bytes("image/gif")),
            (Wanted::Image, Some("application/octet-stream"), b"RIFF....WEBPVP8 ", bytes("image/webp")),
            (Wanted::Image, Some("image/jpeg"), PNG, bytes("image/png")),
            (Wanted::Image, Some("text/html"), PNG, Err(Unfit::NoImage)),
            (Wanted::Image, Some("image/png"), b"<html>", Err(Unfit::NoImage)),
            (Wanted::Image, Some("image/svg+xml"), b"<svg/>", Err(Unfit::NoImage)),
            (Wanted::Image, Some("image/png"), b"", Err(Unfit::NoImage)),
            (Wanted::Image, Some("application/pdf"), PDF, Err(Unfit::NoImage)),
            (Wanted::Document, Some("application/pdf"), PDF, bytes("application/pdf")),
            (Wanted::Document, None, PDF, bytes("application/pdf")),
            (Wanted::Document, Some("application/pdf"), b"<html>", Err(Unfit::NoDocument)),
            (Wanted::Document, Some("text/plain; charset=utf-8"), b"Hi", Ok(Found::Text("Hi".into()))),
            (Wanted::Document, Some("text/plain"), b"H\0i", Err(Unfit::NoDocument)),
            (Wanted::Document, Some("text/plain"), b"\xFF\xFE", Err(Unfit::NoDocument)),
            (Wanted::Document, Some("text/html"), b"<html>", Err(Unfit::NoDocument)),
            (Wanted::Document, None, b"Hi", Err(Unfit::NoDocument)),
        ] {
            assert_eq!(read(wanted, announced, body), expected, "{wanted:?} {announced:?}");
        }
    }
}
