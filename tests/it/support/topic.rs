//! A topic as another client than ours reads it.
use std::io::Write as _;
use std::process::{Command, Stdio};

use rxtill::stream::settings::KafkaSettings;
use serde_json::Value;

/// A record.
#[derive(Debug, Clone, PartialEq)]
pub struct TopicRecord {
    /// Its partition.
    pub partition: i64,
    /// Its offset.
    pub offset: i64,
    /// Its key, as text.
    pub key: String,
    /// Its value; null where that is no JSON.
    pub value: Value,
}

/// All records of the sale topic from the beginning to the present end, read by `kcat`.
pub fn all_records(settings: &KafkaSettings) -> Vec<TopicRecord> {
    let read = Command::new("kcat")
        .args(["-C", "-e", "-q", "-o", "beginning", "-f", "%p\t%o\t%k\t%s\n"])
        .args(["-b", &settings.brokers.join(","), "-t", &settings.topic])
        .output()
        .expect("kcat reads the topic (dev/kafka install brings it)");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let text = String::from_utf8(read.stdout).unwrap();
    let record = |line: &str| {
        let mut fields = line.splitn(4, '\t');
        let mut field = || fields.next().unwrap();
        TopicRecord {
            partition: field().parse().unwrap(),
            offset: field().parse().unwrap(),
            key: field().to_owned(),
            value: serde_json::from_str(field()).unwrap_or_default(),
        }
    };
    text.lines().map(record).collect()
}

/// Writes one record, as any other program might.
pub fn put(settings: &KafkaSettings, partition: i32, value: &str) {
    let mut kcat = Command::new("kcat")
        .args(["-P", "-q", "-p", &partition.to_string(), "-k", "1"])
        .args(["-b", &settings.brokers.join(","), "-t", &settings.topic])
        .stdin(Stdio::piped())
        .spawn()
        .expect("kcat writes to the topic (dev/kafka install brings it)");
    kcat.stdin.take().unwrap().write_all(value.as_bytes()).unwrap();
    assert!(kcat.wait().unwrap().success());
}
