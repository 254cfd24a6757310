//! Archives that no writer of archives would write, record by record.

/// A member, as its two records say and as it is.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: Vec<u8>,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) crc: u32,
    pub(crate) compressed: u32,
    pub(crate) uncompressed: u32,
    /// The extra fields of the record in the directory.
    pub(crate) extra: Vec<u8>,
    /// Where the directory says that it is, if not where it is.
    pub(crate) offset: Option<u32>,
    /// What lies in the archive, the local header before it.
    pub(crate) data: Vec<u8>,
}

impl Entry {
    pub(crate) fn stored(name: &[u8], data: &[u8]) -> Self {
        let len = u32::try_from(data.len()).unwrap();
        Self {
            name: name.to_vec(),
            flags: 0,
            method: 0,
            crc: crc32fast::hash(data),
            compressed: len,
            uncompressed: len,
            extra: Vec::new(),
            offset: None,
            data: data.to_vec(),
        }
    }

    pub(crate) fn deflated(name: &[u8], data: &[u8]) -> Self {
        let deflated = deflate(data);
        let compressed = u32::try_from(deflated.len()).unwrap();
        Self { method: 8, compressed, data: deflated, ..Self::stored(name, data) }
    }

    fn local(&self) -> Vec<u8> {
        let mut out = b"PK\x03\x04".to_vec();
        for number in [20, self.flags, self.method, 0, 0x21] {
            out.extend(number.to_le_bytes());
        }
        for number in [self.crc, self.compressed, self.uncompressed] {
            out.extend(number.to_le_bytes());
        }
        out.extend(u16::try_from(self.name.len()).unwrap().to_le_bytes());
        out.extend([0; 2]);
        out.extend(&self.name);
        out.extend(&self.data);
        out
    }

    fn central(&self, offset: u32) -> Vec<u8> {
        let mut out = b"PK\x01\x02".to_vec();
        for number in [20, 20, self.flags, self.method, 0, 0x21] {
            out.extend(number.to_le_bytes());
        }
        for number in [self.crc, self.compressed, self.uncompressed] {
            out.extend(number.to_le_bytes());
        }
        out.extend(u16::try_from(self.name.len()).unwrap().to_le_bytes());
        out.extend(u16::try_from(self.extra.len()).unwrap().to_le_bytes());
        out.extend([0; 10]);
        out.extend(self.offset.unwrap_or(offset).to_le_bytes());
        out.extend(&self.name);
        out.extend(&self.extra);
        out
    }
}

pub(crate) fn deflate(data: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut out = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    out.write_all(data).unwrap();
    out.finish().unwrap()
}

/// The end record.
pub(crate) fn end(count: u16, size: u32, offset: u32, comment: &[u8]) -> Vec<u8> {
    let mut out = b"PK\x05\x06\0\0\0\0".to_vec();
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(offset.to_le_bytes());
    out.extend(u16::try_from(comment.len()).unwrap().to_le_bytes());
    out.extend(comment);
    out
}

/// An archive of entries, with a comment.
pub(crate) fn archive(entries: &[Entry], comment: &[u8]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        directory.extend(entry.central(u32::try_from(out.len()).unwrap()));
        out.extend(entry.local());
    }
    let at = u32::try_from(out.len()).unwrap();
    let size = u32::try_from(directory.len()).unwrap();
    out.extend(directory);
    out.extend(end(u16::try_from(entries.len()).unwrap(), size, at, comment));
    out
}
