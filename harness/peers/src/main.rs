//! Reads and writes archives with npyz and ndarray-npy, and reads pickles with serde-pickle, when it is asked on
//! stdin, one job a line, and answers with the seconds that it took.

mod pickles;

use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::time::Instant;

use ndarray::ArrayD;
use ndarray_npy::{NpzReader, NpzWriter, ReadableElement, WritableElement};
use npyz::WriterBuilder;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What is written, loaded before.
struct Loaded<T>(Vec<(String, ArrayD<T>)>);

trait Value:
    ReadableElement + WritableElement + npyz::Deserialize + npyz::AutoSerialize + Copy
{
}
impl Value for f32 {}
impl Value for u8 {}
impl Value for i64 {}

impl<T: Value> Loaded<T> {
    fn load(path: &str) -> Result<Self> {
        let mut reader = NpzReader::new(BufReader::new(File::open(path)?))?;
        let mut all = Vec::new();
        for name in reader.names()? {
            let array = reader.by_name(&name)?;
            all.push((name, array));
        }
        Ok(Self(all))
    }

    fn run(&mut self, job: &str, who: &str, path: &str) -> Result<f64> {
        if job == "load" {
            *self = Self::load(path)?;
            return Ok(0.0);
        }
        if job.starts_with("write") {
            let _ = std::fs::remove_file(path);
        }
        let start = Instant::now();
        match (job, who) {
            ("read", "ndarray-npy") => drop(black_box(Self::load(path)?)),
            ("read", "npyz") => {
                let mut archive = npyz::npz::NpzArchive::open(path)?;
                let names: Vec<String> = archive.array_names().map(str::to_owned).collect();
                let mut all = Vec::new();
                for name in names {
                    let npy = archive.by_name(&name)?.ok_or("no member")?;
                    all.push(npy.into_vec::<T>()?);
                }
                black_box(all);
            }
            (_, "ndarray-npy") => {
                let target = BufWriter::new(File::create(path)?);
                let mut writer = if job == "write-deflated" {
                    NpzWriter::new_compressed(target)
                } else {
                    NpzWriter::new(target)
                };
                for (name, array) in &self.0 {
                    writer.add_array(name, array)?;
                }
                writer.finish()?;
            }
            (_, "npyz") => {
                let method = if job == "write-deflated" {
                    npyz::zip::CompressionMethod::Deflated
                } else {
                    npyz::zip::CompressionMethod::Stored
                };
                let mut writer = npyz::npz::NpzWriter::create(path)?;
                for (name, array) in &self.0 {
                    let options =
                        npyz::zip::write::FileOptions::default().compression_method(method);
                    let shape: Vec<u64> = array.shape().iter().map(|&n| n as u64).collect();
                    let builder = writer.array::<T>(name, options)?;
                    let mut member = builder.default_dtype().shape(&shape).begin_nd()?;
                    member.extend(array.iter().copied())?;
                    member.finish()?;
                }
                writer.zip_writer().finish()?.flush()?;
            }
            _ => return Err(format!("no such job: {job} {who}").into()),
        }
        Ok(start.elapsed().as_secs_f64())
    }
}

fn main() -> Result<()> {
    let mut walk = Loaded::<f32>(Vec::new());
    let mut image = Loaded::<u8>(Vec::new());
    let mut labels = Loaded::<i64>(Vec::new());
    let mut pickles = pickles::Pickles::default();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let parts: Vec<&str> = line.split('\t').collect();
        let [job, who, kind, path] = parts[..] else { return Err("no job".into()) };
        let seconds = match kind {
            "f4" => walk.run(job, who, path)?,
            "u1" => image.run(job, who, path)?,
            "pickle" => pickles.run(job, path)?,
            _ => labels.run(job, who, path)?,
        };
        println!("{seconds:.12}");
    }
    Ok(())
}
