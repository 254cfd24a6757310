//! What a batch says of itself, held against the bytes that are there.

use arrow_ipc::{CompressionType, RecordBatch, Schema, Type};
use npbytes::Limits;

use crate::message::broken;
use crate::{Error, Result};

/// How many times its size a frame of LZ4 or zstd can become at most: a byte of LZ4 stands for up to 255, and a block of
/// zstd of four bytes for up to 128 KiB.
const LZ4_RATIO: u64 = 255;
const ZSTD_RATIO: u64 = (128 << 10) / 4;
/// What every buffer may become whatever its size.
const FREE: u64 = 1 << 16;

/// Refuses buffers that lead out of the body, rows and lengths that are none, and buffers that would become more than
/// they can.
pub(super) fn batch(batch: &RecordBatch<'_>, body: &[u8], limits: &Limits) -> Result<()> {
    if batch.length() < 0 {
        return Err(broken(format!("a batch of {} rows", batch.length())));
    }
    for node in batch.nodes().iter().flatten() {
        if node.length() < 0 || node.null_count() < 0 || node.null_count() > node.length() {
            let (length, nulls) = (node.length(), node.null_count());
            return Err(broken(format!("a column of {length} rows with {nulls} nulls")));
        }
    }
    let codec = batch.compression().map(|compression| compression.codec());
    let count = batch.buffers().map_or(0, |buffers| buffers.len()) as u64;
    for counted in batch.variadicBufferCounts().iter().flatten() {
        // Each is a number of buffers, of which there are no more than all.
        if u64::try_from(counted).is_ok_and(|counted| counted <= count) {
            continue;
        }
        return Err(broken(format!("a column of {counted} buffers, where all have {count}")));
    }
    let mut inflated = 0_u64;
    for buffer in batch.buffers().iter().flatten() {
        let (offset, length) = (buffer.offset(), buffer.length());
        let part = || {
            let start = usize::try_from(offset).ok()?;
            body.get(start..start.checked_add(usize::try_from(length).ok()?)?)
        };
        let Some(part) = part() else {
            let there = body.len();
            return Err(broken(format!(
                "a buffer of {length} bytes at byte {offset} of a body of {there}"
            )));
        };
        let (Some(codec), false) = (codec, part.is_empty()) else { continue };
        let Some(word) = part.first_chunk::<8>() else {
            return Err(broken(format!("a compressed buffer of {length} bytes")));
        };
        let promised = i64::from_le_bytes(*word);
        if promised == -1 {
            continue;
        }
        let ratio = match codec {
            CompressionType::LZ4_FRAME => LZ4_RATIO,
            _ => ZSTD_RATIO,
        };
        let most = (part.len() as u64).saturating_mul(ratio).saturating_add(FREE);
        match u64::try_from(promised) {
            Ok(promised) if promised <= most => inflated = inflated.saturating_add(promised),
            _ => {
                return Err(broken(format!(
                    "a buffer of {length} bytes that would become {promised}"
                )));
            }
        }
    }
    let limit = limits.array_bytes;
    if inflated > limit {
        let message = format!("a batch that becomes {inflated} bytes, the limit is {limit}");
        return Err(
            Error::value(message).with_help(format!("raise the limit array_bytes to {inflated}"))
        );
    }
    Ok(())
}

/// Refuses what Arrow's reader takes for granted of a schema.
pub(super) fn schema(schema: &Schema<'_>) -> Result<()> {
    let fields = schema.fields().ok_or_else(|| broken("a schema without fields"))?;
    fields.iter().try_for_each(|field| self::field(&field))
}

fn field(field: &arrow_ipc::Field<'_>) -> Result<()> {
    let name = field.name().unwrap_or_default();
    if field.type_type() == Type::NONE {
        return Err(broken(format!("column {name:?} has no type")));
    }
    let width = match (field.type_as_fixed_size_binary(), field.type_as_fixed_size_list()) {
        (Some(binary), _) => binary.byteWidth(),
        (_, Some(list)) => list.listSize(),
        _ => 0,
    };
    if width < 0 {
        return Err(broken(format!("column {name:?} has elements of {width}")));
    }
    field.children().iter().flatten().try_for_each(|child| self::field(&child))
}
