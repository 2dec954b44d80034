use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode, Version};

/// The most header lines a head may have.
const MAX_HEADERS: usize = 128;

/// Gathers the head of an HTTP/1.1 message from the front of a stream, however it is cut into reads.
///
/// Holds at most the limit, and only until the head is complete.
#[derive(Clone, Debug)]
pub struct HeadReader {
    bytes: Vec<u8>,
    limit: usize,
}

/// The head of a response.
#[derive(Clone, Debug)]
pub struct ResponseHead {
    /// HTTP/1.0 or HTTP/1.1.
    pub version: Version,
    /// The status code.
    pub status: StatusCode,
    /// All header lines.
    pub headers: HeaderMap,
}

/// The head of a request.
#[derive(Clone, Debug)]
pub struct RequestHead {
    /// The method.
    pub method: Method,
    /// The request target as it was sent.
    pub target: String,
    /// HTTP/1.0 or HTTP/1.1.
    pub version: Version,
    /// All header lines.
    pub headers: HeaderMap,
}

/// What came is no HTTP head. Close the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// The head is longer than the limit.
    #[error("the HTTP head is longer than {0} bytes")]
    TooLong(usize),
    /// More than 128 header lines.
    #[error("the HTTP head has more than {MAX_HEADERS} lines")]
    TooManyHeaders,
    /// Not HTTP/1, or malformed.
    #[error("what came is no HTTP/1 head")]
    Malformed,
}

impl HeadReader {
    /// Takes heads of at most `limit` bytes.
    #[must_use]
    pub const fn new(limit: usize) -> HeadReader {
        HeadReader { bytes: Vec::new(), limit }
    }

    /// Takes what was read. `Some` once the head of a response is complete, with how many bytes of `input` belong to it:
    /// those behind are the first frames. This reader is then as new.
    ///
    /// # Errors
    /// What can't become a head any more, as soon as a line shows it.
    pub fn response(&mut self, input: &[u8]) -> Result<Option<(ResponseHead, usize)>, HeadError> {
        if !self.could_be(input, b"HTTP/1.") {
            return Err(HeadError::Malformed);
        }
        let Some((bytes, used)) = self.complete(input)? else { return Ok(None) };
        let mut lines = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut lines);
        parsed(response.parse(&bytes))?;
        let head = ResponseHead {
            version: version(response.version)?,
            status: response
                .code
                .and_then(|code| StatusCode::from_u16(code).ok())
                .ok_or(HeadError::Malformed)?,
            headers: header_map(response.headers)?,
        };
        Ok(Some((head, used)))
    }

    /// Like [`response`](HeadReader::response), for a request.
    ///
    /// # Errors
    /// What can't become a head any more.
    pub fn request(&mut self, input: &[u8]) -> Result<Option<(RequestHead, usize)>, HeadError> {
        let Some((bytes, used)) = self.complete(input)? else { return Ok(None) };
        let mut lines = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut lines);
        parsed(request.parse(&bytes))?;
        let head = RequestHead {
            method: request
                .method
                .and_then(|method| Method::from_bytes(method.as_bytes()).ok())
                .ok_or(HeadError::Malformed)?,
            target: request.path.ok_or(HeadError::Malformed)?.to_owned(),
            version: version(request.version)?,
            headers: header_map(request.headers)?,
        };
        Ok(Some((head, used)))
    }

    /// Whether what came so far can still begin with `start`: a peer that speaks something else is found out at once.
    fn could_be(&self, input: &[u8], start: &[u8]) -> bool {
        self.bytes.iter().chain(input).zip(start).all(|(byte, expected)| byte == expected)
    }

    /// The whole head with the empty line that ends it, once that is there, and how many bytes of `input` are its.
    fn complete(&mut self, input: &[u8]) -> Result<Option<(Vec<u8>, usize)>, HeadError> {
        let before = self.bytes.len();
        let room = self.limit - before;
        self.bytes.extend_from_slice(&input[..input.len().min(room)]);
        // The end may straddle what came earlier, by three bytes at most.
        match head_len(&self.bytes, before.saturating_sub(3)) {
            Some(len) => {
                let mut bytes = std::mem::take(&mut self.bytes);
                bytes.truncate(len);
                Ok(Some((bytes, len - before)))
            }
            None if input.len() > room || self.bytes.len() == self.limit => {
                Err(HeadError::TooLong(self.limit))
            }
            None => Ok(None),
        }
    }
}

/// Where the first empty line at or behind `from` ends.
fn head_len(bytes: &[u8], from: usize) -> Option<usize> {
    (from..bytes.len()).find_map(|at| match &bytes[at..] {
        [b'\n', b'\n', ..] => Some(at + 2),
        [b'\n', b'\r', b'\n', ..] => Some(at + 3),
        _ => None,
    })
}

fn parsed(result: Result<httparse::Status<usize>, httparse::Error>) -> Result<(), HeadError> {
    match result {
        Ok(httparse::Status::Complete(_)) => Ok(()),
        Err(httparse::Error::TooManyHeaders) => Err(HeadError::TooManyHeaders),
        Ok(httparse::Status::Partial) | Err(_) => Err(HeadError::Malformed),
    }
}

fn version(minor: Option<u8>) -> Result<Version, HeadError> {
    match minor {
        Some(0) => Ok(Version::HTTP_10),
        Some(1) => Ok(Version::HTTP_11),
        _ => Err(HeadError::Malformed),
    }
}

fn header_map(lines: &[httparse::Header<'_>]) -> Result<HeaderMap, HeadError> {
    let mut headers = HeaderMap::with_capacity(lines.len());
    for line in lines {
        let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| HeadError::Malformed)?;
        let value = HeaderValue::from_bytes(line.value).map_err(|_| HeadError::Malformed)?;
        headers.append(name, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESPONSE: &[u8] =
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX: a\r\nx:  b \r\n\r\n";

    #[test]
    fn a_head_is_found_however_it_is_cut() {
        let stream = [RESPONSE, b"\x81\x00frames"].concat();
        for cut in 0..stream.len() {
            let mut reader = HeadReader::new(1024);
            let mut rest = &stream[..];
            let (head, used) = match reader.response(&stream[..cut]).unwrap() {
                Some(found) => found,
                None => {
                    rest = &stream[cut..];
                    reader.response(rest).unwrap().unwrap()
                }
            };
            assert_eq!(&rest[used..], b"\x81\x00frames", "{cut}");
            assert_eq!((head.status, head.version), (StatusCode::SWITCHING_PROTOCOLS, Version::HTTP_11));
            assert_eq!(head.headers.get_all("x").iter().collect::<Vec<_>>(), ["a", "b"]);
        }
    }

    #[test]
    fn one_byte_at_a_time_is_enough() {
        let mut reader = HeadReader::new(RESPONSE.len() + 1);
        let found: Vec<_> = RESPONSE.iter().map(|byte| reader.response(&[*byte]).unwrap()).collect();
        assert!(found[..found.len() - 1].iter().all(Option::is_none));
        assert_eq!(found.last().unwrap().as_ref().unwrap().1, 1);
    }

    #[test]
    fn the_limit_counts_the_head_and_nothing_behind_it() {
        let stream = [RESPONSE, &[0; 5000]].concat();
        assert!(HeadReader::new(RESPONSE.len()).response(&stream).unwrap().is_some());
        let limit = RESPONSE.len() - 1;
        assert_eq!(HeadReader::new(limit).response(&stream).unwrap_err(), HeadError::TooLong(limit));
        let mut reader = HeadReader::new(limit);
        assert!(reader.response(&stream[..10]).unwrap().is_none());
        assert_eq!(reader.response(&stream[10..]).unwrap_err(), HeadError::TooLong(limit));
    }

    #[test]
    fn what_is_no_response_is_found_out_at_its_first_bytes() {
        for garbage in [&b"SSH-2.0"[..], b"\x16\x03\x01", b"HTTP/2", b"HTTP/1,", b"\r\n"] {
            assert_eq!(
                HeadReader::new(1024).response(garbage).unwrap_err(),
                HeadError::Malformed,
                "{garbage:?}"
            );
        }
        for garbage in ["HTTP/1.2 101 x\r\n\r\n", "HTTP/1.1 1 x\r\n\r\n", "HTTP/1.1 101 x\r\na b: c\r\n\r\n"]
        {
            assert_eq!(HeadReader::new(1024).response(garbage.as_bytes()).unwrap_err(), HeadError::Malformed);
        }
    }

    #[test]
    fn header_lines_are_counted() {
        let head = |lines: usize| format!("HTTP/1.1 101 x\r\n{}\r\n", "a: b\r\n".repeat(lines));
        assert!(HeadReader::new(1 << 16).response(head(MAX_HEADERS).as_bytes()).unwrap().is_some());
        let error = HeadReader::new(1 << 16).response(head(MAX_HEADERS + 1).as_bytes()).unwrap_err();
        assert_eq!(error, HeadError::TooManyHeaders);
    }

    #[test]
    fn requests_are_read_alike() {
        let stream = b"GET /ws?x=1 HTTP/1.1\r\nHost: a\r\n\r\nrest";
        let (head, used) = HeadReader::new(1024).request(stream).unwrap().unwrap();
        assert_eq!(&stream[used..], b"rest");
        assert_eq!(
            (head.method, head.target.as_str(), head.version),
            (Method::GET, "/ws?x=1", Version::HTTP_11)
        );
        assert_eq!(head.headers["host"], "a");
    }
}
