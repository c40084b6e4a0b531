//! Real recorded exchanges, by id, where the folder that holds them is there.
//!
//! Each `<wire>.jsonl.gz` has one exchange a line. The folder is not part of the repository:
//! everything that uses it has to do without.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use flate2::read::GzDecoder;
use serde::Deserialize;
use serde_json::Value;

/// One exchange.
#[derive(Clone, Debug, Deserialize)]
pub struct Recording {
    /// A stable id.
    pub id: String,
    /// The wire's name.
    pub wire: String,
    /// Who answered.
    pub provider: String,
    /// What was asked, where the source kept it.
    pub request: Option<Value>,
    /// What was answered.
    pub response: Recorded,
    /// Whether the answer is a stream.
    pub stream: bool,
}

/// An answer as it was recorded.
#[derive(Clone, Debug, Deserialize)]
pub struct Recorded {
    /// The status.
    pub status: u16,
    /// The content type.
    #[serde(default)]
    pub content_type: Option<String>,
    /// The body as text; binary ones are not played.
    #[serde(default)]
    pub body: Option<String>,
}

/// The wires that the stand-in plays.
pub const WIRES: [&str; 3] = ["openai-chat", "anthropic-messages", "gemini-generate"];

/// The folder of recordings: `TOLLBRIDGE_RECORDINGS`, else `shared/recordings` beside the
/// repository, else none.
pub fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    let folder = std::env::var_os("TOLLBRIDGE_RECORDINGS").map_or(beside, PathBuf::from);
    folder.is_dir().then(|| folder.canonicalize().unwrap_or(folder))
}

/// All recordings of a wire in a folder.
pub fn read(folder: &Path, wire: &str) -> std::io::Result<Vec<Recording>> {
    let file = std::fs::File::open(folder.join(format!("{wire}.jsonl.gz")))?;
    BufReader::new(GzDecoder::new(file)).lines().map(|line| Ok(serde_json::from_str(&line?)?)).collect()
}

/// The recordings of a folder, read when one is first asked for.
pub struct Recordings {
    folder: Option<PathBuf>,
    by_id: OnceLock<HashMap<String, Recording>>,
}

impl Recordings {
    pub(crate) fn new(folder: Option<&Path>) -> Recordings {
        Recordings { folder: folder.map(Path::to_owned), by_id: OnceLock::new() }
    }

    /// The recording of this id.
    pub fn get(&self, id: &str) -> Option<&Recording> {
        let folder = self.folder.as_deref()?;
        let load = || {
            let of_wire = |wire: &&str| read(folder, wire).unwrap_or_default();
            WIRES.iter().flat_map(of_wire).map(|recording| (recording.id.clone(), recording)).collect()
        };
        self.by_id.get_or_init(load).get(id)
    }
}
