//! What an answer may claim to hold. The library that decodes answers makes room for as many elements as an array says it
//! has before it reads the first: a length that the answer cannot hold would take all memory and end the program.

/// A part of an answer, in the order of its bytes.
pub(super) enum Shape {
    /// So many bytes.
    Fixed(usize),
    /// A length of two bytes, negative for none, and a text.
    Text,
    /// A length of four bytes, negative for none, and bytes.
    Bytes,
    /// A number of four bytes, negative for none, and as many times these parts.
    Array(&'static [Shape]),
}

/// Whether these are all bytes of such an answer, no fewer and no more.
pub(super) fn is_whole(mut answer: &[u8], shape: &[Shape]) -> bool {
    walk(&mut answer, shape).is_some() && answer.is_empty()
}

fn walk(answer: &mut &[u8], shape: &[Shape]) -> Option<()> {
    for part in shape {
        match part {
            Shape::Fixed(length) => skip(answer, *length)?,
            Shape::Text => {
                let length = i16::from_be_bytes(*take(answer)?);
                skip(answer, usize::try_from(length).unwrap_or(0))?;
            }
            Shape::Bytes => {
                let length = i32::from_be_bytes(*take(answer)?);
                skip(answer, usize::try_from(length).unwrap_or(0))?;
            }
            // Every element takes a byte at least, so the answer's own length is the end of this.
            Shape::Array(element) => {
                for _ in 0..i32::from_be_bytes(*take(answer)?).max(0) {
                    walk(answer, element)?;
                }
            }
        }
    }
    Some(())
}

fn take<'a, const N: usize>(answer: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (first, rest) = answer.split_first_chunk()?;
    *answer = rest;
    Some(first)
}

fn skip(answer: &mut &[u8], length: usize) -> Option<()> {
    *answer = answer.get(length..)?;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: &[Shape] = &[Shape::Fixed(2), Shape::Array(&[Shape::Text, Shape::Bytes])];

    #[test]
    fn an_answer_is_whole_when_each_length_in_it_is_there() {
        let whole = b"\0\0\0\0\0\x02\0\x01a\0\0\0\x01b\xff\xff\xff\xff\xff\xff";
        assert!(is_whole(whole, SHAPE));
        assert!(is_whole(b"\0\0\xff\xff\xff\xff", SHAPE), "no array");
        for short in 0..whole.len() {
            assert!(!is_whole(&whole[..short], SHAPE), "{short} bytes of it");
        }
        assert!(!is_whole(&[&whole[..], b"\0"].concat(), SHAPE), "a byte too many");
    }

    #[test]
    fn a_length_beyond_the_answer_is_seen_before_anything_is_made_for_it() {
        assert!(!is_whole(b"\0\0\x7f\xff\xff\xff", SHAPE));
        assert!(!is_whole(b"\0\0\0\0\0\x01\x7f\xff", SHAPE));
        assert!(!is_whole(b"\0\0\0\0\0\x01\0\0\x7f\xff\xff\xff", SHAPE));
    }
}
