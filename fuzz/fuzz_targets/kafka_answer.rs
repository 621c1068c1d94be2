#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rxtill_fuzz::readers::kafka_answer(bytes));
