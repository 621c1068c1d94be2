//! The brokers and the topics.
use super::Finding;
use crate::config::Kafka;
use crate::runtime::open;
use crate::stream::admin::{self, TopicOutcome};

/// Whether the brokers answer, and have the topics as they are configured.
pub(super) async fn look(kafka: &Kafka, found: &mut Vec<Finding>) {
    let settings = &open::kafka_settings(kafka);
    let reports = match admin::check_topics(settings).await {
        Ok(reports) => reports,
        Err(error) => {
            found.push(Finding::bad("broker", error, "look at [kafka] brokers, tls and sasl"));
            return;
        }
    };
    found.push(Finding::good("broker", "answers"));
    found.extend(reports.into_iter().map(|report| {
        let topic = &report.plan.topic;
        match &report.outcome {
            TopicOutcome::Made | TopicOutcome::AsPlanned => Finding::good("topic", topic.clone()),
            TopicOutcome::Missing => Finding::bad("topic", format!("{topic} is not there"), "rxtill init"),
            TopicOutcome::Differs(differences) => {
                let words: Vec<_> = differences
                    .iter()
                    .map(|differs| format!("{} is {}, not {}", differs.setting, differs.found, differs.wanted))
                    .collect();
                let fix = "change the topic, or the configuration, so that they agree";
                Finding::bad("topic", format!("{topic}: {}", words.join("; ")), fix)
            }
            TopicOutcome::Refused(reason) => Finding::bad(
                "topic",
                format!("{topic}: {reason}"),
                admin::command(settings, &report.plan),
            ),
        }
    }));
}
