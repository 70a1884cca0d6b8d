//! Reads one JSON document from a stream that the caller may be unable to close.

use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// Why there is no job.
#[derive(Debug, thiserror::Error)]
pub enum BadJob {
    #[error("standard input ended before a job arrived; write one line of JSON")]
    Empty,
    #[error("standard input: {0}")]
    Io(#[from] std::io::Error),
    #[error("standard input:{line}:{column}: {message}")]
    Malformed { line: usize, column: usize, message: String },
}

/// Reads up to the first line end or the end of the stream and decodes it.
///
/// # Errors
/// When nothing arrives or the job is invalid; positions count from 1.
pub async fn read_job<T: DeserializeOwned>(mut input: impl AsyncBufRead + Unpin) -> Result<T, BadJob> {
    let mut line = zeroize::Zeroizing::new(Vec::new());
    loop {
        let read = input.read_until(b'\n', &mut line).await?;
        if line.iter().any(|byte| !byte.is_ascii_whitespace()) {
            break;
        }
        if read == 0 {
            return Err(BadJob::Empty);
        }
    }
    serde_json::from_slice(&line).map_err(|error| BadJob::Malformed {
        line: error.line(),
        column: error.column(),
        message: without_values(&error),
    })
}

/// Removes values: the decoder quotes values of a wrong type, and a value may be a key.
fn without_values(error: &serde_json::Error) -> String {
    let message = error.to_string();
    if message.contains("-----BEGIN") {
        return "a PEM text instead of another value".to_owned();
    }
    let position = format!(" at line {} column {}", error.line(), error.column());
    message.trim_end_matches(&position).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mtls_protocol::attempts::AttemptsJob;

    async fn read(text: &str) -> Result<AttemptsJob, BadJob> {
        read_job(text.as_bytes()).await
    }

    #[tokio::test]
    async fn a_line_is_enough_and_so_is_the_end_of_the_stream() {
        let job = r#"{"attempts":[{"id":"a","host":"h","port":1,"protocol":"http"}]}"#;
        for text in [job.to_owned(), format!("{job}\n"), format!("\n{job}\nrest that is not read")] {
            assert_eq!(read(&text).await.unwrap().attempts.len(), 1);
        }
    }

    #[tokio::test]
    async fn a_mistake_is_reported_with_its_position() {
        let error = read(r#"{"attempts":[{"id":"a","hots":"h"}]}"#).await.unwrap_err().to_string();
        assert!(error.starts_with("standard input:1:"), "{error}");
        assert!(error.contains("unknown field `hots`"), "{error}");
        assert!(matches!(read(" \n ").await, Err(BadJob::Empty)));
    }

    #[tokio::test]
    async fn a_key_in_the_wrong_place_is_not_repeated() {
        let text = r#"{"parallel":"-----BEGIN PRIVATE KEY-----abc","attempts":[]}"#;
        let error = read(text).await.unwrap_err().to_string();
        assert!(!error.contains("abc"), "{error}");
    }
}
