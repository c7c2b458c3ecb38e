//! The items of a benchmark, kept in a temporary file: in memory each takes 48 bytes, however long it is and however many there are.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use bedside_core::problem::{Problem, Problems};
use bedside_core::{Digest, Item};

/// Checked items by position. Cloning shares the file.
#[derive(Clone, Debug)]
pub struct Items {
    file: Arc<File>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u64,
    length: u32,
    digest: Digest,
}

impl Items {
    /// Number of items.
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Content addresses, in order.
    pub fn digests(&self) -> impl Iterator<Item = Digest> + '_ {
        self.entries.iter().map(|entry| entry.digest)
    }

    /// Content address of one item.
    pub fn digest(&self, position: usize) -> Digest {
        self.entries[position].digest
    }

    /// The JSON of one item, as it goes into the run file.
    pub fn json(&self, position: usize) -> io::Result<Vec<u8>> {
        let Entry { start, length, .. } = self.entries[position];
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        read_at(&self.file, &mut bytes, start)?;
        Ok(bytes)
    }

    /// One item with all its content.
    pub fn get(&self, position: usize) -> io::Result<Item> {
        serde_json::from_slice(&self.json(position)?).map_err(io::Error::from)
    }

    /// Every item in turn.
    pub fn iter(&self) -> impl Iterator<Item = io::Result<Item>> + '_ {
        (0..self.len()).map(|position| self.get(position))
    }

    /// Some of the items, in the order given.
    #[must_use]
    pub fn pick(&self, positions: impl IntoIterator<Item = usize>) -> Self {
        let entries = positions.into_iter().map(|position| self.entries[position]).collect();
        Self { file: Arc::clone(&self.file), entries }
    }
}

#[cfg(unix)]
pub(crate) fn read_at(file: &File, bytes: &mut [u8], start: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, start)
}

#[cfg(windows)]
pub(crate) fn read_at(file: &File, mut bytes: &mut [u8], mut start: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, start)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                start += read as u64;
                bytes = &mut bytes[read..];
            }
        }
    }
    Ok(())
}

/// Takes items in one by one.
#[derive(Debug)]
pub struct ItemsBuilder {
    file: BufWriter<File>,
    entries: Vec<Entry>,
    end: u64,
}

impl ItemsBuilder {
    /// A new temporary file, which has no name and belongs to its owner alone: items may be of real people.
    pub fn new() -> Result<Self, Problem> {
        let file = tempfile::tempfile().map_err(|error| no_room(&error))?;
        Ok(Self { file: BufWriter::with_capacity(1 << 16, file), entries: Vec::new(), end: 0 })
    }

    /// Takes an item in.
    pub fn push(&mut self, item: &Item) -> Result<(), Problem> {
        let json = serde_json::to_vec(item).expect("items came from JSON");
        self.file.write_all(&json).map_err(|error| no_room(&error))?;
        let length = u32::try_from(json.len()).expect("an item is bounded far below 4 GiB");
        self.entries.push(Entry { start: self.end, length, digest: item.digest });
        self.end += u64::from(length);
        Ok(())
    }

    /// All that were taken in.
    pub fn finish(self) -> Result<Items, Problem> {
        let file = self.file.into_inner().map_err(|error| no_room(error.error()))?;
        let mut entries = self.entries;
        entries.shrink_to_fit();
        Ok(Items { file: Arc::new(file), entries })
    }

    /// Items that are in memory already.
    pub fn collect<'a>(items: impl IntoIterator<Item = &'a Item>) -> Result<Items, Problems> {
        let mut builder = Self::new()?;
        for item in items {
            builder.push(item)?;
        }
        Ok(builder.finish()?)
    }
}

/// A temporary file that cannot be written or read.
pub(crate) fn no_room(error: &io::Error) -> Problem {
    Problem::new("temporary_file", "the items cannot be kept in a temporary file")
        .because(error.to_string())
        .hint("TMPDIR names the folder for temporary files: it needs as much room as the benchmark")
}
