//! Bridges between blocking tar code and the engine's asynchronous bodies.

use std::io::{self, Read, Write};

use bytes::{Buf as _, Bytes, BytesMut};
use futures::Stream;
use tokio::sync::mpsc;

/// The number of bytes that are collected before they are sent.
const CHUNK: usize = 1 << 18;
/// The number of chunks that may be queued.
const DEPTH: usize = 16;

/// A writer whose bytes are yielded by the stream. Use the writer on a blocking thread.
pub(super) fn writer() -> (ChunkWriter, impl Stream<Item = io::Result<Bytes>> + Send + 'static) {
    let (sender, receiver) = mpsc::channel(DEPTH);
    let stream = futures::stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|chunk| (chunk, receiver))
    });
    let writer = ChunkWriter { sender, gathered: BytesMut::with_capacity(CHUNK) };
    (writer, stream)
}

/// A reader of the bytes that are sent. Use the reader on a blocking thread.
pub(super) fn reader() -> (mpsc::Sender<io::Result<Bytes>>, ChunkReader) {
    let (sender, receiver) = mpsc::channel(DEPTH);
    let reader = ChunkReader { receiver, current: Bytes::new() };
    (sender, reader)
}

/// See [`writer`].
pub(super) struct ChunkWriter {
    sender: mpsc::Sender<io::Result<Bytes>>,
    gathered: BytesMut,
}

impl ChunkWriter {
    fn send(&mut self, chunk: io::Result<Bytes>) -> io::Result<()> {
        self.sender.blocking_send(chunk).map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "the receiver is gone"))
    }

    /// Ends the stream with an error, so that a partial archive is not mistaken for a complete one.
    pub(super) fn fail(mut self, error: io::Error) {
        // A receiver that is gone has its own error.
        let _ = self.send(Err(error));
    }
}

impl Write for ChunkWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let chunk = self.gathered.split().freeze();
        self.send(Ok(chunk))
    }
}

/// See [`reader`].
pub(super) struct ChunkReader {
    receiver: mpsc::Receiver<io::Result<Bytes>>,
    current: Bytes,
}

impl Read for ChunkReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.receiver.blocking_recv() {
                None => return Ok(0),
                Some(chunk) => self.current = chunk?,
            }
        }
        let length = buffer.len().min(self.current.len());
        self.current.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;

    use super::*;

    #[tokio::test]
    async fn what_is_written_can_be_read_at_the_other_end() {
        let sent: Vec<u8> = (0..1_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let (mut writer, stream) = writer();
        let (sender, mut reader) = reader();
        let bytes = sent.clone();
        let writing = tokio::task::spawn_blocking(move || {
            writer.write_all(&bytes)?;
            writer.flush()
        });
        let reading = tokio::task::spawn_blocking(move || {
            let mut read = Vec::new();
            reader.read_to_end(&mut read).map(|_| read)
        });
        let mut stream = Box::pin(stream);
        while let Some(chunk) = stream.next().await {
            sender.send(chunk).await.unwrap();
        }
        drop(sender);
        writing.await.unwrap().unwrap();
        assert_eq!(reading.await.unwrap().unwrap(), sent);
    }

    #[tokio::test]
    async fn a_failure_reaches_the_other_end() {
        let (writer, stream) = writer();
        let failing = tokio::task::spawn_blocking(move || writer.fail(io::Error::other("disk on fire")));
        let chunks: Vec<_> = Box::pin(stream).collect().await;
        failing.await.unwrap();
        assert_eq!(chunks[0].as_ref().unwrap_err().to_string(), "disk on fire");
    }
}
