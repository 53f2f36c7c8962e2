//! Files that are not what they claim to be, the same for the same seed.

use std::io::Write;
use std::sync::Arc;

use arrow_array::builder::{Int64Builder, ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use flate2::write::GzEncoder;
use parquet::arrow::ArrowWriter;
use parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
use parquet::file::properties::WriterProperties;

/// Numbers that are the same in every run: SplitMix64 (Steele, Lea and Flood, 2014).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One of `0..end`, 0 where there is none.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// What is inside the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Text,
    Lines,
    Jsonl,
    Csv,
    Tsv,
    Parquet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// A file that is damaged, or lies.
pub struct Malformed {
    pub content: Content,
    pub packing: Packing,
    pub bytes: Vec<u8>,
}

impl Malformed {
    /// The extensions of its name.
    pub fn extension(&self) -> String {
        let content = match self.content {
            Content::Text | Content::Lines => "txt",
            Content::Jsonl => "jsonl",
            Content::Csv => "csv",
            Content::Tsv => "tsv",
            Content::Parquet => "parquet",
        };
        let packing = match self.packing {
            Packing::Plain => "",
            Packing::Gzip => ".gz",
            Packing::Zstd => ".zst",
        };
        format!("{content}{packing}")
    }
}

/// Every format in every packing, Parquet as often as it has codecs.
const SORTS: [(Content, Packing); 19] = {
    use Content::{Csv, Jsonl, Lines, Parquet, Text, Tsv};
    use Packing::{Gzip, Plain, Zstd};
    [
        (Text, Plain),
        (Text, Gzip),
        (Text, Zstd),
        (Lines, Plain),
        (Lines, Gzip),
        (Lines, Zstd),
        (Jsonl, Plain),
        (Jsonl, Gzip),
        (Jsonl, Zstd),
        (Csv, Plain),
        (Csv, Gzip),
        (Csv, Zstd),
        (Tsv, Plain),
        (Tsv, Gzip),
        (Tsv, Zstd),
        (Parquet, Plain),
        (Parquet, Plain),
        (Parquet, Plain),
        (Parquet, Plain),
    ]
};

/// One input in so many is a bomb.
const BOMBS: u64 = 500;
/// What a bomb grows to: above [`nomenclator::corpus::Limits::FREE`], so that its ratio counts.
const BOMB_BYTES: usize = 24 << 20;

/// Bytes of the longest texts, just below what the tests allow.
const HEAVY: usize = 16_000;

const TEXTS: [&str; 4] = [
    "The Harbour Ministry of Ruritania said on Tuesday that Lena Okafor would visit Geneva.",
    "“Nobody asked us,” Zoë Ågren told reporters in Québec,\nbefore the talks with the U.N. went on.",
    "Estonia - Latvia: ferries stop, the \"Baltic Star\" too; 3,000 wait.",
    "東京 and Αθήνα agree 🙂",
];

/// The whole files that are to be damaged, and what bombs are made of.
pub struct Generator {
    seed: u64,
    parquet: Vec<Vec<u8>>,
    bombs: [Vec<u8>; 2],
}

impl Generator {
    pub fn new(seed: u64) -> Self {
        let codecs = [
            Compression::UNCOMPRESSED,
            Compression::SNAPPY,
            Compression::ZSTD(ZstdLevel::default()),
            Compression::GZIP(GzipLevel::default()),
            Compression::BROTLI(BrotliLevel::default()),
            Compression::LZ4_RAW,
        ];
        let emptiness = vec![b' '; BOMB_BYTES];
        Generator {
            seed,
            parquet: codecs.into_iter().map(whole_parquet).collect(),
            bombs: [Packing::Gzip, Packing::Zstd].map(|packing| packed(&emptiness, packing)),
        }
    }

    /// The input of this number; it depends on the seed and on the number alone.
    pub fn input(&self, number: u64) -> Malformed {
        let mut numbers = Numbers(self.seed ^ number.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        let (content, packing) = SORTS[(number % SORTS.len() as u64) as usize];
        if packing != Packing::Plain && number % BOMBS < SORTS.len() as u64 {
            let bytes = self.bombs[usize::from(packing == Packing::Zstd)].clone();
            return Malformed {
                content,
                packing,
                bytes,
            };
        }
        if packing == Packing::Plain && number % BOMBS < 2 * SORTS.len() as u64 && content == Content::Text {
            // As much as may be, each byte a word: what takes most memory comes in every tenth.
            let bytes = vec![numbers.one_of(b"\0\";"); HEAVY];
            return Malformed {
                content,
                packing,
                bytes,
            };
        }
        let bytes = match content {
            Content::Parquet => {
                let mut bytes = self.parquet[numbers.below(self.parquet.len())].clone();
                damage_parquet(&mut bytes, &mut numbers, &self.parquet);
                bytes
            }
            _ => {
                let mut bytes = whole(content, &mut numbers);
                // Damage may stand in the text, in the compressed bytes, or in both.
                let outside = packing != Packing::Plain && numbers.below(2) == 0;
                if !outside || numbers.below(4) == 0 {
                    for _ in 0..=numbers.below(3) {
                        damage_text(&mut bytes, &mut numbers);
                    }
                }
                let mut bytes = packed(&bytes, packing);
                if outside {
                    damage_packed(&mut bytes, packing, &mut numbers);
                }
                bytes
            }
        };
        Malformed {
            content,
            packing,
            bytes,
        }
    }
}

/// A whole file of a few documents.
fn whole(content: Content, numbers: &mut Numbers) -> Vec<u8> {
    let count = 1 + numbers.below(4);
    let texts: Vec<&str> = (0..count).map(|_| numbers.one_of(&TEXTS)).collect();
    let mut file = String::new();
    match content {
        Content::Text => file.push_str(&texts.join("\n\n")),
        Content::Lines => {
            for text in texts {
                file.push_str(&text.replace('\n', " "));
                file.push('\n');
            }
        }
        Content::Jsonl => {
            for (id, text) in texts.into_iter().enumerate() {
                let line = serde_json::json!({
                    "id": format!("ü-{id}"), "text": text, "date": "2024-10-29", "title": null, "source": "own",
                    "n": [1, 2.50, {"deep": [true, "\u{1f642}", null]}], "url": "https://news.example/a?b=1&c"
                });
                file.push_str(&line.to_string());
                file.push('\n');
            }
        }
        Content::Csv | Content::Tsv => {
            let delimiter = if content == Content::Csv { "," } else { "\t" };
            let mut row = |cells: [&str; 4]| {
                file.push_str(&cells.join(delimiter));
                file.push('\n');
            };
            row(["id", "text", "date", "section"]);
            for (id, text) in texts.into_iter().enumerate() {
                let text = format!("\"{}\"", text.replace('"', "\"\""));
                row([&id.to_string(), &text, "2024-10", "\"world; \"\"more\"\"\""]);
            }
        }
        Content::Parquet => {}
    }
    file.into_bytes()
}

fn whole_parquet(codec: Compression) -> Vec<u8> {
    let rows = 12;
    let texts: StringArray = (0..rows).map(|row| Some(TEXTS[row % TEXTS.len()])).collect();
    let ids: Int64Array = (0..rows as i64).map(|id| (id % 5 != 3).then_some(id)).collect();
    let mut tags = ListBuilder::new(StringBuilder::new());
    let mut counts = Int64Builder::new();
    for row in 0..rows {
        (0..row % 3).for_each(|tag| tags.values().append_value(format!("tag {tag}")));
        tags.append(row % 4 != 0);
        counts.append_value(row as i64 * 1_000_000_007);
    }
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("id", Arc::new(ids) as ArrayRef, true),
        ("text", Arc::new(texts) as ArrayRef, false),
        ("tags", Arc::new(tags.finish()) as ArrayRef, true),
        ("count", Arc::new(counts.finish()) as ArrayRef, false),
    ])
    .unwrap();
    let properties = WriterProperties::builder()
        .set_compression(codec)
        .set_max_row_group_row_count(Some(5))
        .set_dictionary_enabled(codec != Compression::UNCOMPRESSED)
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

/// A file of one text again and again, or of none.
pub fn parquet_of_one_row(text: Option<&str>, count: usize) -> Vec<u8> {
    let texts: StringArray = (0..count).map(|_| text).collect();
    let batch =
        RecordBatch::try_from_iter_with_nullable([("text", Arc::new(texts) as ArrayRef, true)]).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn packed(bytes: &[u8], packing: Packing) -> Vec<u8> {
    match packing {
        Packing::Plain => bytes.to_vec(),
        Packing::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Packing::Zstd => zstd::encode_all(bytes, 3).unwrap(),
    }
}

/// Damages bytes of whatever kind.
fn damage(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    let at = numbers.below(bytes.len());
    let until = (at + 1 + numbers.below(40)).min(bytes.len());
    match numbers.below(8) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..until)),
        2 => bytes.extend_from_within(at..until),
        3 => {
            let random: Vec<u8> = (0..=numbers.below(8)).map(|_| numbers.next() as u8).collect();
            bytes.splice(at..at, random);
        }
        4 => bytes[at..until].reverse(),
        5 => bytes[at..until].fill(numbers.one_of(&[0, 0xFF, b'"', b' '])),
        _ => {
            for _ in 0..=numbers.below(3) {
                let at = numbers.below(bytes.len());
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << numbers.below(8);
                }
            }
        }
    }
}

/// What breaks a parser that is not looking: quotes, escapes, half characters, characters that steer.
const NASTY: [&[u8]; 27] = [
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"\\udc00\\ud800",
    b"\0",
    b"\r",
    b"\n",
    b"\r\n\r\n",
    b"\t",
    b",",
    b";",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"\"\"",
    b"\xFF",
    b"\xC0\x80",
    b"\xED\xA0\x80",
    b"\xF4\x90\x80\x80",
    b"\xE2\x82",
    b"\xEF\xBB\xBF",
    b"\xFF\xFE",
    b"\xE2\x80\xAE",
    b"\x1B[31m",
    b"\xE2\x80\xA8",
];

/// Values of the wrong type, or of no size that anybody has.
const VALUES: [&str; 20] = [
    "null",
    "true",
    "-1",
    "0",
    "1e999",
    "-1e-999",
    "99999999999999999999999999999999999999999",
    "0.000000000000000000000000000000000000001",
    "NaN",
    "\"\"",
    "[]",
    "{}",
    "[null]",
    "{\"text\":{}}",
    "\"2024-13-45\"",
    "\"../../etc/passwd\"",
    "\"\\u202e\\u0007\"",
    "\"\\ud83d\"",
    "01",
    "'a'",
];

/// Damages a file of text so that it breaks what its format promises.
fn damage_text(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    let at = numbers.below(bytes.len() + 1);
    match numbers.below(12) {
        0 | 1 => {
            let nasty = numbers.one_of(&NASTY);
            bytes.splice(at..at, nasty.iter().copied());
        }
        2 | 3 => replace_value(bytes, numbers.one_of(&VALUES).as_bytes(), numbers),
        4 => {
            let depth = numbers.one_of(&[5, 100, 127, 128, 129, 1000, 10_000]);
            let (open, close) = numbers.one_of(&[("[", "]"), ("{\"a\":", "}"), ("[{\"text\":", "")]);
            let nested = open.repeat(depth) + "1" + &close.repeat(depth);
            replace_value(bytes, nested.as_bytes(), numbers);
        }
        5 => {
            let long = vec![numbers.one_of(b"x9\" \0,\xC3"); numbers.one_of(&[300, 5000, 20_000, 80_000])];
            bytes.splice(at..at, long);
        }
        6 => {
            let first = bytes.iter().position(|&byte| byte == b'\n').unwrap_or(0);
            bytes.splice(..first, (0..numbers.below(3)).flat_map(|_| *b"text,id\ttext\t"));
        }
        7 => *bytes = [&bytes[..at], b"\xEF\xBB\xBF\n", &bytes[at..]].concat(),
        _ => damage(bytes, numbers),
    }
}

/// Puts a value in the place of one that follows a colon or a comma.
fn replace_value(bytes: &mut Vec<u8>, value: &[u8], numbers: &mut Numbers) {
    let begins = |byte: &u8| matches!(byte, b':' | b',' | b'\t');
    let places: Vec<usize> = (0..bytes.len()).filter(|&at| begins(&bytes[at])).collect();
    let from = places.get(numbers.below(places.len())).map_or(0, |at| at + 1);
    let rest = bytes[from..].iter();
    let length = rest.take_while(|byte| !matches!(byte, b',' | b'}' | b'\n' | b'\t'));
    let until = from + length.count();
    bytes.splice(from..until, value.iter().copied());
}

/// Damages compressed bytes: cut, with more behind them, packed twice.
fn damage_packed(bytes: &mut Vec<u8>, packing: Packing, numbers: &mut Numbers) {
    match numbers.below(6) {
        0 => bytes.truncate(numbers.below(bytes.len())),
        1 => bytes.extend_from_slice(numbers.one_of(&[
            &b"\0"[..],
            b"garbage",
            b"\x1F\x8B",
            b"\x28\xB5\x2F\xFD",
        ])),
        2 => *bytes = packed(bytes, packing),
        3 => bytes.extend_from_within(..),
        _ => damage(bytes, numbers),
    }
}

/// Damages pages, the footer, or the length that leads to the footer; or gives it another file's end.
fn damage_parquet(bytes: &mut Vec<u8>, numbers: &mut Numbers, others: &[Vec<u8>]) {
    let end = bytes.len() - 8;
    let length = bytes[end..end + 4].try_into().map(u32::from_le_bytes);
    let footer = end - length.unwrap_or_default() as usize;
    match numbers.below(8) {
        // In the footer's Thrift, often numbers of rows, bytes and offsets.
        0..3 => {
            for _ in 0..=numbers.below(4) {
                let at = footer + numbers.below(end - footer);
                bytes[at] = numbers.next() as u8;
            }
        }
        // In the pages and their headers.
        3 | 4 => {
            for _ in 0..=numbers.below(8) {
                let at = 4 + numbers.below(footer - 4);
                bytes[at] = numbers.next() as u8;
            }
        }
        5 => {
            let length = numbers.one_of(&[0, 1, 8, u32::MAX, end as u32, end as u32 + 1, i32::MAX as u32]);
            bytes[end..end + 4].copy_from_slice(&length.to_le_bytes());
        }
        6 => {
            let other = &others[numbers.below(others.len())];
            let half = other.len() / 2;
            bytes.truncate(footer.min(half));
            bytes.extend_from_slice(&other[half..]);
        }
        _ => damage(bytes, numbers),
    }
}
