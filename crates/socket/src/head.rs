use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use wire::handshake::{HeadReader, ResponseHead};

use crate::connect_error::ConnectError;

/// The head of an answer, and what came behind it.
pub(crate) async fn read_head(
    stream: &mut (impl AsyncRead + Unpin),
    head_len: usize,
) -> Result<(ResponseHead, Vec<u8>), ConnectError> {
    let mut reader = HeadReader::new(head_len);
    let mut buffer = vec![0; 4096];
    loop {
        let count = stream.read(&mut buffer).await.map_err(ConnectError::Broken)?;
        if count == 0 {
            return Err(ConnectError::Broken(io::ErrorKind::UnexpectedEof.into()));
        }
        if let Some((response, used)) = reader.response(&buffer[..count])? {
            return Ok((response, buffer[used..count].to_vec()));
        }
    }
}
