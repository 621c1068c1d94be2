//! How many of the waiting rows go into one request.
use crate::store::ports::OutboxRow;

/// Rows asked of the outbox at once, and the most in a request.
pub(super) const MOST_ROWS: u32 = 500;
/// The most bytes in a request.
const MOST_BYTES: usize = 256 * 1024;
/// Requests between the two sizes wait some 44 ms for the acknowledgement of a TCP segment (the library does not set
/// `TCP_NODELAY`): a batch is below the one or above the other.
const SMALL: usize = 7 * 1024;
const LARGE: usize = 80 * 1024;
/// A larger row cannot be published: brokers refuse 1 MiB with overhead, and a far larger one would hang the connection.
pub(super) const LARGEST_ROW: usize = 1_000_000;
/// Of a record beside its key and value, at most.
const OVERHEAD: usize = 40;

/// The bytes of a row in a request.
pub(super) fn size(row: &OutboxRow) -> usize {
    row.key.len() + row.payload.len() + OVERHEAD
}

/// How many of `rows`, from the first, go into the next request: at least one if there is any, at most `cap`, all of the
/// first one's topic and key.
pub(super) fn length(rows: &[OutboxRow], cap: usize) -> usize {
    let Some(first) = rows.first() else {
        return 0;
    };
    let mut bytes = 0;
    let mut small = 0;
    let mut whole = 0;
    for row in rows.iter().take(cap.max(1)) {
        bytes += size(row);
        let fits = row.topic == first.topic && row.key == first.key && bytes <= MOST_BYTES;
        // An oversized row later on would fail the good ones before it.
        if whole > 0 && (!fits || size(row) > LARGEST_ROW) {
            bytes -= size(row);
            break;
        }
        whole += 1;
        if bytes <= SMALL {
            small += 1;
        }
    }
    if bytes <= SMALL || bytes >= LARGE {
        whole
    } else {
        small.max(1)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn rows(sizes: &[usize]) -> Vec<OutboxRow> {
        (1_u64..)
            .zip(sizes)
            .map(|(seq, size)| OutboxRow {
                id: Uuid::from_u128(u128::from(seq)),
                topic: "sales".into(),
                key: "1".into(),
                payload: "x".repeat(*size),
                till: "T01".parse().unwrap(),
                series: 1,
                seq,
                marked: false,
            })
            .collect()
    }

    #[test]
    fn a_request_is_small_or_large_but_not_between() {
        assert_eq!(length(&rows(&[]), 500), 0);
        assert_eq!(length(&rows(&[600; 5]), 500), 5);
        let between = rows(&[600; 50]);
        let n = length(&between, 500);
        assert!(n > 5 && between[..n].iter().map(size).sum::<usize>() <= SMALL);
        let many = rows(&[600; 500]);
        let n = length(&many, 500);
        let bytes: usize = many[..n].iter().map(size).sum();
        assert!((LARGE..=MOST_BYTES).contains(&bytes), "{bytes}");
    }

    #[test]
    fn one_row_always_goes_whatever_its_size() {
        for size in [1, SMALL, 20_000, LARGE, MOST_BYTES, LARGEST_ROW + 1] {
            assert_eq!(length(&rows(&[size, 10]), 1), 1);
        }
        assert_eq!(length(&rows(&[20_000, 20_000]), 500), 1);
        assert_eq!(length(&rows(&[100, LARGEST_ROW + 1]), 500), 1);
    }

    #[test]
    fn a_request_has_one_topic_and_key() {
        let mut mixed = rows(&[100; 4]);
        mixed[2].key = "2".into();
        assert_eq!(length(&mixed, 500), 2);
        mixed[1].topic = "audit".into();
        assert_eq!(length(&mixed, 500), 1);
    }
}
