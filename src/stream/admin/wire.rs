//! One connection to a broker, speaking the protocol's messages: length, header, body.
use std::time::Duration;

use bytes::{BufMut as _, BytesMut};
use kafka_protocol::messages::{
    ApiKey, CreateTopicsRequest, CreateTopicsResponse, DescribeConfigsRequest, DescribeConfigsResponse,
    MetadataRequest, MetadataResponse, RequestHeader, ResponseHeader, SaslAuthenticateRequest,
    SaslAuthenticateResponse, SaslHandshakeRequest, SaslHandshakeResponse,
};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes, encode_request_header_into_buffer};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::login;
use super::shape::Shape::{self, Array, Bytes, Fixed, Text};
use super::shape::is_whole;
use crate::domain::link_fault::LinkFault;
use crate::stream::fault::{Fault, StreamError, mendable};
use crate::stream::settings::KafkaSettings;
use crate::stream::tls;

/// For a connection with TLS and login.
const CONNECT: Duration = Duration::from_secs(5);
/// For an answer; the controller is given 10 s to make topics.
const ANSWER: Duration = Duration::from_secs(15);
/// No answer to what is asked here is longer, and a length from the network is not believed.
const LONGEST: usize = 16 * 1024 * 1024;

/// The first two bytes of what a TLS listener answers to plain text: an alert, of a version from SSL 3 on.
const TLS_ALERT: usize = 0x1503;

/// A request that this client makes, with the one version it speaks: each is old enough for Kafka 2.4 and still taken
/// by Kafka 4.
pub(super) trait Question: Encodable {
    const KEY: ApiKey;
    const VERSION: i16;
    const SHAPE: &'static [Shape];
    type Answer: Decodable;
}

macro_rules! question {
    ($request:ty, $answer:ty, $key:ident, $version:literal, $shape:expr) => {
        impl Question for $request {
            const KEY: ApiKey = ApiKey::$key;
            const VERSION: i16 = $version;
            const SHAPE: &'static [Shape] = $shape;
            type Answer = $answer;
        }
    };
}

/// Numbers and truth values of the protocol, by their bytes.
const INT8: Shape = Fixed(1);
const INT16: Shape = Fixed(2);
const INT32: Shape = Fixed(4);
const INT64: Shape = Fixed(8);

question!(
    MetadataRequest,
    MetadataResponse,
    Metadata,
    4,
    &[
        INT32,
        // Brokers: node, host, port, rack.
        Array(&[INT32, Text, INT32, Text]),
        // Cluster, controller.
        Text,
        INT32,
        // Topics: error, name, whether internal; partitions: error, number, leader, replicas, those in sync.
        Array(&[
            INT16,
            Text,
            INT8,
            Array(&[INT16, INT32, INT32, Array(&[INT32]), Array(&[INT32])])
        ]),
    ]
);
question!(
    CreateTopicsRequest,
    CreateTopicsResponse,
    CreateTopics,
    4,
    // Topics: name, error, its words.
    &[INT32, Array(&[Text, INT16, Text])]
);
question!(
    DescribeConfigsRequest,
    DescribeConfigsResponse,
    DescribeConfigs,
    1,
    &[
        INT32,
        // Resources: error, its words, kind, name; settings: name, value, whether read-only, source, whether secret, and
        // where it is given besides.
        Array(&[
            INT16,
            Text,
            INT8,
            Text,
            Array(&[Text, Text, INT8, INT8, INT8, Array(&[Text, Text, INT8])])
        ]),
    ]
);
question!(
    SaslHandshakeRequest,
    SaslHandshakeResponse,
    SaslHandshake,
    1,
    &[INT16, Array(&[Text])]
);
question!(
    SaslAuthenticateRequest,
    SaslAuthenticateResponse,
    SaslAuthenticate,
    1,
    &[INT16, Text, Bytes, INT64]
);

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A connection, logged in.
pub(super) struct Wire {
    stream: Box<dyn Stream>,
    asked: i32,
}

impl Wire {
    /// Connects to the first of the configured brokers that lets us in.
    pub(super) async fn connect(settings: &KafkaSettings) -> Result<Self, StreamError> {
        let mut last = StreamError::new(Fault::Unreachable, "no broker is configured");
        for broker in &settings.brokers {
            match Self::connect_to(settings, broker).await {
                Ok(wire) => return Ok(wire),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Connects to one broker, `host:port`.
    pub(super) async fn connect_to(settings: &KafkaSettings, broker: &str) -> Result<Self, StreamError> {
        let connecting = async {
            let stream = dial(settings, broker).await?;
            let mut wire = Self { stream, asked: 0 };
            if let Some(sasl) = &settings.sasl {
                login::login(&mut wire, sasl).await?;
            }
            Ok(wire)
        };
        match timeout(CONNECT, connecting).await {
            Ok(wire) => wire.map_err(|e: StreamError| StreamError::new(e.fault, &format!("{broker}: {e}"))),
            Err(_) => Err(StreamError::timeout(broker)),
        }
    }

    /// Asks, and waits for the answer.
    pub(super) async fn ask<Q: Question>(&mut self, question: &Q) -> Result<Q::Answer, StreamError> {
        match timeout(ANSWER, self.exchange(question)).await {
            Ok(answer) => answer,
            Err(_) => Err(StreamError::timeout(&format!("{:?}", Q::KEY))),
        }
    }

    async fn exchange<Q: Question>(&mut self, question: &Q) -> Result<Q::Answer, StreamError> {
        self.asked += 1;
        let header = RequestHeader::default()
            .with_request_api_key(Q::KEY as i16)
            .with_request_api_version(Q::VERSION)
            .with_correlation_id(self.asked)
            .with_client_id(Some(StrBytes::from_static_str("rxtill")));
        let mut body = BytesMut::new();
        encode_request_header_into_buffer(&mut body, &header).map_err(|e| protocol(&e))?;
        question.encode(&mut body, Q::VERSION).map_err(|e| protocol(&e))?;
        let mut frame = BytesMut::with_capacity(body.len() + 4);
        frame.put_u32(u32::try_from(body.len()).map_err(|e| protocol(&e))?);
        frame.put(body);
        self.stream.write_all(&frame).await.map_err(|e| broken(&e))?;
        self.stream.flush().await.map_err(|e| broken(&e))?;

        let length = self.stream.read_u32().await.map_err(|e| broken(&e))? as usize;
        if length >> 16 == TLS_ALERT {
            let remedy = "set tls = \"verify-identity\", or name the port that does without";
            return Err(StreamError::new(Fault::Denied, &mendable(LinkFault::WantsTls, remedy)));
        }
        if length > LONGEST {
            return Err(protocol(&format!("an answer of {length} bytes")));
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer).await.map_err(|e| broken(&e))?;
        let mut answer = bytes::Bytes::from(answer);
        let header = ResponseHeader::decode(&mut answer, Q::KEY.response_header_version(Q::VERSION))
            .map_err(|e| protocol(&e))?;
        if header.correlation_id != self.asked {
            return Err(protocol(&"an answer to another question"));
        }
        if !is_whole(&answer, Q::SHAPE) {
            return Err(protocol(&"an answer that does not hold what it says"));
        }
        Q::Answer::decode(&mut answer, Q::VERSION).map_err(|e| protocol(&e))
    }
}

async fn dial(settings: &KafkaSettings, broker: &str) -> Result<Box<dyn Stream>, StreamError> {
    let tcp = TcpStream::connect(broker).await.map_err(|e| broken(&e))?;
    tcp.set_nodelay(true).map_err(|e| broken(&e))?;
    let Some(config) = tls::client_config(&settings.tls).await? else {
        return Ok(Box::new(tcp));
    };
    let host = broker.rsplit_once(':').map_or(broker, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(host).map_err(|e| StreamError::new(Fault::Denied, &e.to_string()))?;
    let stream = TlsConnector::from(std::sync::Arc::new(config))
        .connect(name, tcp)
        .await
        .map_err(|e| StreamError::connecting(&e.to_string()))?;
    Ok(Box::new(stream))
}

fn broken(error: &std::io::Error) -> StreamError {
    let said = match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "eof".to_owned(),
        _ => error.to_string(),
    };
    StreamError::connecting(&said)
}

fn protocol(reason: &dyn std::fmt::Display) -> StreamError {
    StreamError::new(Fault::Other, &format!("not understood: {reason}"))
}
