//! Making the topics, and comparing them with what they should be.
//!
//! rskafka creates topics without settings and cannot read any, so this is a small client of its own over the messages of
//! `kafka-protocol`: one connection, one request at a time, for `init` and `check`.
mod login;
mod shape;
mod wire;

use std::collections::BTreeMap;
use std::time::Duration;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::{CreateTopicsRequest, DescribeConfigsRequest, MetadataRequest, TopicName};
use kafka_protocol::protocol::StrBytes;
use tokio::time::{Instant, sleep, timeout};

use super::fault::{Fault, StreamError};
use super::settings::{KafkaSettings, Tls};
use crate::domain::name::printable;
use wire::Wire;

/// The type of a topic in `DescribeConfigs`.
const TOPIC: i8 = 2;
/// A cluster needs a moment to spread the news of a topic.
const SPREADING: Duration = Duration::from_secs(10);
/// What is asked beside a client that waits is answered soon, or not waited for.
const REFUSAL: Duration = Duration::from_secs(2);
/// Given to the controller to make a topic.
const MAKING_MS: i32 = 10_000;

/// A topic as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicPlan {
    /// Its name.
    pub topic: String,
    /// How many partitions.
    pub partitions: i32,
    /// How many copies of each.
    pub replication: i16,
    /// Its settings, by Kafka's names.
    pub settings: Vec<(&'static str, String)>,
}

/// A setting that is not as planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which: `partitions`, `replication`, or Kafka's name.
    pub setting: String,
    /// As planned.
    pub wanted: String,
    /// As it is.
    pub found: String,
}

/// How a topic stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TopicOutcome {
    /// It was made just now, as planned.
    Made,
    /// It is there, as planned.
    AsPlanned,
    /// It is there with other settings. They are not changed: somebody chose them, and the records are theirs.
    Differs(Vec<Difference>),
    /// It is not there.
    Missing,
    /// The brokers would not make or show it: why.
    Refused(String),
}

/// A topic, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicReport {
    /// As it should be.
    pub plan: TopicPlan,
    /// As it is.
    pub outcome: TopicOutcome,
}

/// What the settings ask for: sales, audit and totals.
pub fn plans(settings: &KafkaSettings) -> Vec<TopicPlan> {
    let retention = settings
        .retention_days
        .map_or(-1, |days| i64::from(days) * 24 * 60 * 60 * 1000);
    let mut kept = vec![
        // By the broker's clock: a queued sale's own time may be days old, and retention goes by it.
        ("message.timestamp.type", "LogAppendTime".to_owned()),
        ("retention.ms", retention.to_string()),
    ];
    if settings.replication >= 3 {
        // With all in-sync replicas acknowledging, an event outlives the loss of a broker.
        kept.push(("min.insync.replicas", "2".to_owned()));
    }
    let plan = |topic: &str, topic_settings| TopicPlan {
        topic: topic.to_owned(),
        partitions: settings.partitions,
        replication: settings.replication,
        settings: topic_settings,
    };
    vec![
        plan(&settings.topic, kept.clone()),
        plan(&settings.audit_topic, kept),
        plan(&settings.totals_topic, vec![("cleanup.policy", "compact".to_owned())]),
    ]
}

/// The command by which an administrator makes the topic.
pub fn command(settings: &KafkaSettings, plan: &TopicPlan) -> String {
    use std::fmt::Write as _;
    let mut command = format!(
        "kafka-topics.sh --bootstrap-server {}{} --create --if-not-exists --topic {} --partitions {} --replication-factor {}",
        settings.brokers.join(","),
        if settings.sasl.is_some() || settings.tls != Tls::Off {
            " --command-config client.properties"
        } else {
            ""
        },
        plan.topic,
        plan.partitions,
        plan.replication,
    );
    for (name, value) in &plan.settings {
        // Writing to a String cannot fail.
        let _ = write!(command, " --config {name}={value}");
    }
    command
}

/// Makes the topics that are missing, and compares all of them with the plan. Safe to repeat.
///
/// # Errors
/// When no broker could be reached or logged in to; [`command`] says what an administrator can do instead.
pub async fn ensure_topics(settings: &KafkaSettings) -> Result<Vec<TopicReport>, StreamError> {
    let mut wire = Wire::connect(settings).await?;
    let plans = plans(settings);
    let (there, controller) = look(&mut wire, &plans).await?;
    let missing: Vec<&TopicPlan> = plans.iter().filter(|plan| !there.contains_key(&plan.topic)).collect();
    let mut refused = BTreeMap::new();
    let mut made = Vec::new();
    if !missing.is_empty() {
        let mut answers = create(&mut wire, &missing).await?;
        if answers
            .values()
            .any(|answer| matches!(answer, Some((ResponseError::NotController, _))))
            && let Some(controller) = controller
        {
            let mut wire = Wire::connect_to(settings, &controller).await?;
            answers = create(&mut wire, &missing).await?;
        }
        for (topic, answer) in answers {
            match answer {
                None => made.push(topic),
                // Another `init` was faster.
                Some((ResponseError::TopicAlreadyExists, _)) => {}
                Some((_, reason)) => {
                    refused.insert(topic, reason);
                }
            }
        }
        spread(&mut wire, &plans, &refused).await?;
    }
    let mut reports = compare(&mut wire, plans).await?;
    for report in &mut reports {
        if let Some(reason) = refused.remove(&report.plan.topic) {
            report.outcome = TopicOutcome::Refused(reason);
        } else if report.outcome == TopicOutcome::AsPlanned && made.contains(&report.plan.topic) {
            report.outcome = TopicOutcome::Made;
        }
    }
    Ok(reports)
}

/// Compares the topics with the plan; makes nothing.
///
/// # Errors
/// When no broker could be reached or logged in to.
pub async fn check_topics(settings: &KafkaSettings) -> Result<Vec<TopicReport>, StreamError> {
    let mut wire = Wire::connect(settings).await?;
    compare(&mut wire, plans(settings)).await
}

/// Why a broker hangs up on rskafka, where it says so to a client that looks at its bytes: a port of TLS answers plain text
/// with an alert, which rskafka takes for a length.
pub(super) async fn refusal(settings: &KafkaSettings) -> Option<StreamError> {
    let asking = async { look(&mut Wire::connect(settings).await?, &[]).await };
    let error = timeout(REFUSAL, asking).await.ok()?.err()?;
    (error.fault == Fault::Denied).then_some(error)
}

/// Partitions and copies of the topics that are there, and the controller's address.
async fn look(
    wire: &mut Wire,
    plans: &[TopicPlan],
) -> Result<(BTreeMap<String, (usize, usize)>, Option<String>), StreamError> {
    let topics = plans
        .iter()
        .map(|plan| MetadataRequestTopic::default().with_name(Some(topic_name(&plan.topic))))
        .collect();
    let request = MetadataRequest::default()
        .with_topics(Some(topics))
        .with_allow_auto_topic_creation(false);
    let answer = wire.ask(&request).await?;
    let mut there = BTreeMap::new();
    for topic in answer.topics {
        let Some(name) = topic.name.map(|name| name.to_string()) else {
            continue;
        };
        match ResponseError::try_from_code(topic.error_code) {
            Some(ResponseError::UnknownTopicOrPartition) => {}
            // Without a leader yet, but there.
            None | Some(ResponseError::LeaderNotAvailable) => {
                let copies = topic.partitions.iter().map(|p| p.replica_nodes.len()).min();
                there.insert(name, (topic.partitions.len(), copies.unwrap_or(0)));
            }
            Some(error) => return Err(StreamError::new(Fault::Denied, &format!("topic {name}: {error}"))),
        }
    }
    let controller = answer
        .brokers
        .iter()
        .find(|broker| broker.node_id == answer.controller_id)
        .map(|broker| format!("{}:{}", broker.host, broker.port));
    Ok((there, controller))
}

/// Asks for topics to be made; what came of each: nothing, or the error and its words.
async fn create(
    wire: &mut Wire,
    plans: &[&TopicPlan],
) -> Result<BTreeMap<String, Option<(ResponseError, String)>>, StreamError> {
    let topics = plans
        .iter()
        .map(|plan| {
            let configs = plan
                .settings
                .iter()
                .map(|(name, value)| {
                    CreatableTopicConfig::default()
                        .with_name(StrBytes::from_static_str(name))
                        .with_value(Some(value.clone().into()))
                })
                .collect();
            CreatableTopic::default()
                .with_name(topic_name(&plan.topic))
                .with_num_partitions(plan.partitions)
                .with_replication_factor(plan.replication)
                .with_configs(configs)
        })
        .collect();
    let request = CreateTopicsRequest::default()
        .with_topics(topics)
        .with_timeout_ms(MAKING_MS);
    let answer = wire.ask(&request).await?;
    Ok(answer
        .topics
        .into_iter()
        .map(|topic| {
            let error = ResponseError::try_from_code(topic.error_code).map(|error| {
                let words = topic.error_message.map_or_else(|| error.to_string(), |m| m.to_string());
                (error, printable(&words))
            });
            (topic.name.to_string(), error)
        })
        .collect())
}

/// Waits until the broker asked has heard of all topics that were not refused.
async fn spread(wire: &mut Wire, plans: &[TopicPlan], refused: &BTreeMap<String, String>) -> Result<(), StreamError> {
    let until = Instant::now() + SPREADING;
    loop {
        let (there, _) = look(wire, plans).await?;
        let all = plans
            .iter()
            .all(|plan| there.contains_key(&plan.topic) || refused.contains_key(&plan.topic));
        if all || Instant::now() > until {
            return Ok(());
        }
        sleep(Duration::from_millis(100)).await;
    }
}

async fn compare(wire: &mut Wire, plans: Vec<TopicPlan>) -> Result<Vec<TopicReport>, StreamError> {
    let (there, _) = look(wire, &plans).await?;
    let mut reports = Vec::with_capacity(plans.len());
    for plan in plans {
        let outcome = match there.get(&plan.topic) {
            None => TopicOutcome::Missing,
            Some(size) => match describe(wire, &plan).await? {
                Err(reason) => TopicOutcome::Refused(reason),
                Ok(found) => match differences(&plan, *size, &found) {
                    same if same.is_empty() => TopicOutcome::AsPlanned,
                    differences => TopicOutcome::Differs(differences),
                },
            },
        };
        reports.push(TopicReport { plan, outcome });
    }
    Ok(reports)
}

/// The settings in force, of those in the plan; or why the broker does not show them.
async fn describe(wire: &mut Wire, plan: &TopicPlan) -> Result<Result<BTreeMap<String, String>, String>, StreamError> {
    let keys = plan
        .settings
        .iter()
        .map(|(name, _)| StrBytes::from_static_str(name))
        .collect();
    let resource = DescribeConfigsResource::default()
        .with_resource_type(TOPIC)
        .with_resource_name(plan.topic.clone().into())
        .with_configuration_keys(Some(keys));
    let request = DescribeConfigsRequest::default().with_resources(vec![resource]);
    let answer = wire.ask(&request).await?;
    let Some(result) = answer.results.into_iter().next() else {
        return Ok(Err("the broker's answer is empty".to_owned()));
    };
    if let Some(error) = ResponseError::try_from_code(result.error_code) {
        let words = result
            .error_message
            .map_or_else(|| error.to_string(), |m| m.to_string());
        return Ok(Err(printable(&words)));
    }
    Ok(Ok(result
        .configs
        .into_iter()
        .filter_map(|config| Some((config.name.to_string(), config.value?.to_string())))
        .collect()))
}

fn differences(
    plan: &TopicPlan,
    (partitions, copies): (usize, usize),
    found: &BTreeMap<String, String>,
) -> Vec<Difference> {
    let sizes = [
        ("partitions", plan.partitions.to_string(), partitions.to_string()),
        ("replication", plan.replication.to_string(), copies.to_string()),
    ];
    let settings = plan.settings.iter().map(|(name, wanted)| {
        let found = found.get(*name).map_or("not shown", String::as_str);
        (*name, wanted.clone(), printable(found))
    });
    sizes
        .into_iter()
        .chain(settings)
        .filter(|(_, wanted, found)| wanted != found)
        .map(|(setting, wanted, found)| Difference {
            setting: setting.to_owned(),
            wanted,
            found,
        })
        .collect()
}

fn topic_name(topic: &str) -> TopicName {
    TopicName(topic.to_owned().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> KafkaSettings {
        KafkaSettings {
            brokers: vec!["a:9092".into(), "b:9092".into()],
            topic: "sales".into(),
            audit_topic: "audit".into(),
            totals_topic: "totals".into(),
            partitions: 6,
            replication: 3,
            retention_days: None,
            tls: Tls::Off,
            sasl: None,
        }
    }

    #[test]
    fn the_command_for_an_administrator_is_exact() {
        let settings = settings();
        assert_eq!(
            command(&settings, &plans(&settings)[0]),
            "kafka-topics.sh --bootstrap-server a:9092,b:9092 --create --if-not-exists --topic sales --partitions 6 \
             --replication-factor 3 --config message.timestamp.type=LogAppendTime --config retention.ms=-1 \
             --config min.insync.replicas=2"
        );
    }

    #[test]
    fn events_are_kept_for_ever_unless_days_are_configured() {
        let mut settings = settings();
        settings.retention_days = Some(30);
        settings.replication = 1;
        let plan = &plans(&settings)[1];
        assert_eq!(plan.settings[1], ("retention.ms", "2592000000".to_owned()));
        assert_eq!(plan.settings.len(), 2, "one copy cannot have two in sync");
    }

    #[test]
    fn what_differs_is_named_with_both_values() {
        let plan = &plans(&settings())[2];
        let found = BTreeMap::from([("cleanup.policy".to_owned(), "delete".to_owned())]);
        let named: Vec<String> = differences(plan, (1, 3), &found)
            .into_iter()
            .map(|d| format!("{}: {} not {}", d.setting, d.found, d.wanted))
            .collect();
        assert_eq!(named, ["partitions: 1 not 6", "cleanup.policy: delete not compact"]);
    }
}
