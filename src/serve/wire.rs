//! Looks at the bytes of a connection for the two things that hyper does not report: a Content-Length
//! beyond 64 bits, and the response without a body that hyper sends to a malformed request.

/// Digits of the smallest number that may exceed 64 bits.
const LONG: usize = 20;
/// More than hyper's own response has.
const MAX_OWN_RESPONSE: usize = 160;

/// Watches what a client sends for a Content-Length of 20 digits or more.
#[derive(Debug, Default)]
pub struct LengthWatch {
    /// How many digits the bytes so far end with, up to [`LONG`].
    trailing: usize,
    is_absurd: bool,
}

impl LengthWatch {
    /// Looks at the bytes that arrived next. Every run of 20 digits contains one of every 20th byte, so
    /// this looks at few others.
    pub fn observe(&mut self, bytes: &[u8]) {
        if self.trailing > 0 {
            // A number that was cut in two by the network: its name is in bytes that are gone.
            let leading = digits(bytes.iter());
            self.is_absurd |= self.trailing + leading >= LONG;
        }
        let mut at = LONG - 1;
        while let Some(byte) = bytes.get(at) {
            if !byte.is_ascii_digit() {
                at += LONG;
                continue;
            }
            let (before, after) = bytes.split_at(at);
            let start = at - digits(before.iter().rev());
            let end = at + digits(after.iter());
            self.is_absurd |= end - start >= LONG && ends_with_name(&bytes[..start]);
            at = end + LONG;
        }
        let trailing = digits(bytes.iter().rev().take(LONG));
        let is_all_digits = trailing == bytes.len();
        let earlier = if is_all_digits { self.trailing } else { 0 };
        self.trailing = (earlier + trailing).min(LONG);
    }

    /// Whether a Content-Length of 20 digits or more has arrived.
    pub fn is_absurd(&self) -> bool {
        self.is_absurd
    }
}

fn digits<'a>(bytes: impl Iterator<Item = &'a u8>) -> usize {
    bytes.take_while(|byte| byte.is_ascii_digit()).count()
}

/// Whether `head` ends with the name of the header, or is the end of that name, cut by the network.
fn ends_with_name(head: &[u8]) -> bool {
    const NAME: &[u8] = b"content-length:";
    let head = head.trim_ascii_end();
    let length = head.len().min(NAME.len());
    head[head.len() - length..].eq_ignore_ascii_case(&NAME[NAME.len() - length..])
}

/// Returns where hyper's own response to a malformed request begins, if `bytes` end with one. The
/// server's own responses have a body, or a length that is not 0.
pub fn own_response(bytes: &[u8]) -> Option<usize> {
    // The responses of usual requests end with a body.
    if bytes.ends_with(b"\r\n\r\n") {
        find_own_response(bytes)
    } else {
        None
    }
}

#[cold]
fn find_own_response(bytes: &[u8]) -> Option<usize> {
    const START: &[u8] = b"HTTP/1.1 4";
    let near = bytes.len().saturating_sub(MAX_OWN_RESPONSE);
    let tail = &bytes[near..];
    let start = tail
        .windows(START.len())
        .rposition(|window| window == START)?;
    let response = std::str::from_utf8(&tail[start..]).ok()?;
    let is_own = response.contains("\r\ncontent-length: 0\r\n")
        && response.contains("\r\nconnection: close\r\n");
    is_own.then_some(near + start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_absurd(parts: &[&str]) -> bool {
        let mut watch = LengthWatch::default();
        for part in parts {
            watch.observe(part.as_bytes());
        }
        watch.is_absurd()
    }

    #[test]
    fn a_length_of_twenty_digits_is_found_wherever_it_stands() {
        for before in 0..64 {
            let request = format!(
                "POST /{} HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n",
                "x".repeat(before)
            );
            assert!(is_absurd(&[&request]), "{request}");
            for cut in 1..request.len() {
                let (one, other) = request.split_at(cut);
                assert!(is_absurd(&[one, other]), "{one}|{other}");
            }
            let letters: Vec<&str> = request.split_inclusive(|_: char| true).collect();
            assert!(is_absurd(&letters));
        }
        assert!(is_absurd(&["content-length:\t99999999999999999999999\r\n"]));
    }

    #[test]
    fn other_numbers_are_not_lengths() {
        for request in [
            "POST / HTTP/1.1\r\nContent-Length: 1844674407370955161\r\n\r\n",
            "GET /isprime/18446744073709551616 HTTP/1.1\r\nHost: x\r\n\r\n",
            "1234567890123456789 1234567890123456789 1234567890123456789",
            "",
        ] {
            assert!(!is_absurd(&[request]), "{request}");
        }
        assert!(!is_absurd(&[
            "Content-Length: 1234567890",
            "\r\n\r\n1234567890"
        ]));
    }

    #[test]
    fn only_hypers_response_is_its_own() {
        let own = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\
                   date: Sun, 29 Nov 2026 18:58:51 GMT\r\n\r\n";
        let before = "HTTP/1.1 404 Not Found\r\ncontent-length: 3\r\n\r\n{}\n";
        assert_eq!(own_response(own.as_bytes()), Some(0));
        assert_eq!(
            own_response(format!("{before}{own}").as_bytes()),
            Some(before.len())
        );
        let head = "HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 91\r\n\r\n";
        for other in [
            before,
            head,
            "HTTP/1.1 100 Continue\r\n\r\n",
            "\r\n\r\n",
            "",
        ] {
            assert_eq!(own_response(other.as_bytes()), None, "{other}");
        }
    }
}
