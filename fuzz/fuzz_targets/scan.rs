#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rxtill_fuzz::readers::scan(bytes));
