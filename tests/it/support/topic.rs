//! A topic as another client than ours reads it.
use std::process::Command;

use rxtill::stream::settings::KafkaSettings;
use serde_json::Value;

/// A record.
#[derive(Debug, Clone, PartialEq)]
pub struct TopicRecord {
    /// Its key, as text.
    pub key: String,
    /// Its value.
    pub value: Value,
}

/// All records of the sale topic from the beginning to the present end, read by `kcat`.
pub fn all_records(settings: &KafkaSettings) -> Vec<TopicRecord> {
    let read = Command::new("kcat")
        .args(["-C", "-e", "-q", "-o", "beginning", "-f", "%k\t%s\n"])
        .args(["-b", &settings.brokers.join(","), "-t", &settings.topic])
        .output()
        .expect("kcat reads the topic (dev/kafka install brings it)");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let text = String::from_utf8(read.stdout).unwrap();
    let record = |line: &str| {
        let (key, value) = line.split_once('\t').unwrap();
        TopicRecord {
            key: key.to_owned(),
            value: serde_json::from_str(value).unwrap(),
        }
    };
    text.lines().map(record).collect()
}
