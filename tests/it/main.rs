//! All integration tests in one binary: linking is dear.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]
mod adding;
mod anything;
mod batch;
mod card;
mod catalogue_cache;
mod chain;
mod cli_check;
mod cli_config;
mod cli_import;
mod cli_queue;
mod cli_sell;
mod cli_shapes;
mod cli_tail;
mod cli_take_over;
mod cli_verify;
mod counter;
mod dimension_screens;
mod end_to_end;
mod entry;
mod frozen;
mod golden;
mod goods_screens;
mod grants;
mod hold;
mod house;
mod keys;
mod keys_page;
mod killed;
mod killed_between;
mod killed_prescriber;
mod looks;
mod migrate;
mod mouse;
mod older_tracker;
mod payment;
mod pictures;
mod place;
mod prescriber;
mod prescriber_screens;
mod pty;
mod queued;
mod rounding;
mod sample;
mod scan;
mod screens;
mod status_line;
mod store_audit;
mod store_batch;
mod store_beside;
mod store_catalogue;
mod store_dimension;
mod store_engine;
mod store_faults;
mod store_goods;
mod store_history;
mod store_reference;
mod store_sale;
mod store_server;
mod store_tls;
mod stream_kafka;
mod stream_outbox;
mod stream_secured;
mod support;
mod sync_contract;
mod sync_network;
mod teach;
mod tour;
mod viewer;
mod waiting;
mod witness;
