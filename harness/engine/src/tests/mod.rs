//! The client against an engine that never answers, begins an answer, or has nothing of what is asked for.

mod fake;

use std::io;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::future::LocalBoxFuture;
use futures::{FutureExt as _, StreamExt as _};

use self::fake::{AMPLE, Answer, Fake, SHORT, limits};
use crate::{Engine, EngineError, NewContainer, Privileges, Tagged};

/// The name of everything that the tests ask for.
const NAME: &str = "thing";
const TAGGED: Tagged<'static> = Tagged { repository: NAME, tag: "1" };

type Request<'a> = LocalBoxFuture<'a, Result<(), EngineError>>;

fn archive() -> impl futures::Stream<Item = io::Result<Bytes>> + Send + 'static {
    futures::stream::iter([Ok(Bytes::from_static(b"archive"))])
}

fn container() -> NewContainer {
    NewContainer { name: NAME.to_owned(), ..NewContainer::default() }
}

/// Reads a stream to its end. What ends it is the client's own error.
async fn read(stream: impl futures::Stream<Item = io::Result<Bytes>>) -> Result<(), EngineError> {
    let last = stream.fold(Ok(()), async |before: io::Result<()>, piece| before.and(piece.map(drop))).await;
    last.map_err(|error| *error.into_inner().unwrap().downcast::<EngineError>().unwrap())
}

/// Every request of the client.
fn requests(engine: &Engine, exec: Duration) -> Vec<(&'static str, Request<'_>)> {
    let command = &["true"];
    let names = Box::leak(Box::new([NAME.to_owned()]));
    vec![
        ("version", engine.version().map(|answer| answer.map(drop)).boxed_local()),
        ("image", engine.image(NAME).map(|answer| answer.map(drop)).boxed_local()),
        ("image_names", engine.image_names(NAME).map(|answer| answer.map(drop)).boxed_local()),
        ("remove_image", engine.remove_image(NAME).boxed_local()),
        ("tag_image", engine.tag_image(NAME, TAGGED).boxed_local()),
        ("load_images", engine.load_images(NAME, archive()).boxed_local()),
        ("saved_images", read(engine.saved_images(names)).boxed_local()),
        ("registry_digest", engine.registry_digest(NAME).map(|answer| answer.map(drop)).boxed_local()),
        ("pull_image", engine.pull_image(NAME).boxed_local()),
        ("push_image", engine.push_image(TAGGED).boxed_local()),
        ("commit", engine.commit(NAME, Vec::new(), TAGGED).boxed_local()),
        ("start_container", engine.start_container(container()).boxed_local()),
        ("container_ended", engine.container_ended(NAME).boxed_local()),
        ("stop_container", engine.stop_container(NAME, Duration::ZERO).boxed_local()),
        ("containers", engine.containers(NAME).map(|answer| answer.map(drop)).boxed_local()),
        ("address", engine.address(NAME, NAME).map(|answer| answer.map(drop)).boxed_local()),
        ("upload", engine.upload(NAME, "/", NAME, archive()).boxed_local()),
        ("download", read(engine.download(NAME, "/")).boxed_local()),
        ("networks", engine.networks(NAME).map(|answer| answer.map(drop)).boxed_local()),
        ("must", engine.must(NAME, command, b"input", exec).map(|answer| answer.map(drop)).boxed_local()),
        ("must_read", engine.must_read(NAME, command, archive(), exec).map(|answer| answer.map(drop)).boxed_local()),
    ]
}

/// Requests for which an object that does not exist is an answer.
fn tolerant(engine: &Engine) -> Vec<(&'static str, Request<'_>)> {
    vec![
        ("has_image", engine.has_image(NAME).map(|answer| answer.map(|has| assert!(!has))).boxed_local()),
        ("remove_container", engine.remove_container(NAME).boxed_local()),
        ("remove_network", engine.remove_network(NAME).boxed_local()),
    ]
}

fn ensure(engine: &Engine) -> (&'static str, Request<'_>) {
    ("ensure", engine.ensure_internal_network(NAME, [].into()).boxed_local())
}

/// Each request ends within its limit, give or take what a busy machine adds, and says what it waited for.
async fn time_out(requests: Vec<(&'static str, Request<'_>)>) {
    for (name, request) in requests {
        let started = Instant::now();
        let ended = tokio::time::timeout(Duration::from_secs(10), request).await;
        let error = ended.unwrap_or_else(|_| panic!("{name} has no limit")).unwrap_err();
        let EngineError::TimedOut { what, limit } = &error else { panic!("{name}: {error}") };
        assert!(started.elapsed() >= SHORT, "{name} did not wait for its limit");
        assert_eq!(*limit, SHORT, "{name}");
        assert!(what.contains(NAME) || name == "version", "{name} is not named in: {error}");
        assert!(error.to_string().contains("within 100ms"), "{error}");
    }
}

#[tokio::test]
async fn every_request_to_a_silent_engine_ends_within_its_limit() {
    let fake = Fake::start(|_| Answer::Nothing).await;
    let engine = fake.client(SHORT).await;
    time_out(requests(&engine, SHORT)).await;
    time_out(tolerant(&engine)).await;
    time_out(vec![ensure(&engine)]).await;
}

#[tokio::test]
async fn an_answer_that_breaks_off_ends_within_the_limit() {
    let fake = Fake::start(|line| match line {
        line if line.contains("/get") || line.contains("/archive") => Answer::Beginning(b"some of an archive"),
        _ => Answer::Beginning(b"{\"status\": \"under way\"}\r\n"),
    });
    let fake = fake.await;
    let engine = fake.client(SHORT).await;
    let in_pieces = ["load_images", "saved_images", "pull_image", "push_image", "download", "image", "containers"];
    let requests =
        requests(&engine, SHORT).into_iter().filter(|(name, _)| in_pieces.contains(name)).collect::<Vec<_>>();
    assert_eq!(requests.len(), in_pieces.len());
    time_out(requests).await;
}

#[tokio::test]
async fn a_program_that_never_ends_ends_the_wait_within_the_limit() {
    let fake = Fake::start(|line| match line {
        line if line.ends_with("/start") => Answer::UpgradedAndOpen(printed(1, "working")),
        _ => Answer::Whole(201, r#"{"Id": "e"}"#.to_owned()),
    });
    let fake = fake.await;
    let engine = fake.client(SHORT).await;
    let requests =
        requests(&engine, SHORT).into_iter().filter(|(name, _)| name.starts_with("must")).collect::<Vec<_>>();
    assert_eq!(requests.len(), 2);
    time_out(requests).await;
}

#[tokio::test]
async fn an_engine_that_does_not_answer_a_ping_is_unreachable() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("tcp://{}", listener.local_addr().unwrap());
    let error = Engine::connect_to(&uri, limits(SHORT)).await.unwrap_err();
    assert!(matches!(&error, EngineError::Unreachable { .. }), "{error}");
    assert_eq!(error.root_cause(), "container engine did not answer a ping within 100ms");
    drop(listener);
    let error = Engine::connect_to(&uri, limits(SHORT)).await.unwrap_err();
    assert!(matches!(&error, EngineError::Unreachable { .. }), "{error}");
    assert!(error.root_cause().contains("refused"), "{}", error.root_cause());
}

#[tokio::test]
async fn what_the_engine_does_not_have_is_absent() {
    let fake = Fake::start(|_| Answer::Whole(404, r#"{"message": "no such thing"}"#.to_owned())).await;
    let engine = fake.client(AMPLE).await;
    for (name, request) in requests(&engine, AMPLE) {
        let error = request.await.unwrap_err();
        assert!(error.is_absent(), "{name}: {error}");
        assert!(error.to_string().contains("no such thing (status 404)"), "{name}: {error}");
    }
    for (name, request) in tolerant(&engine) {
        request.await.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[tokio::test]
async fn another_refusal_is_not_an_absence() {
    let fake = Fake::start(|_| Answer::Whole(409, r#"{"message": "in use"}"#.to_owned())).await;
    let engine = fake.client(AMPLE).await;
    for (name, request) in requests(&engine, AMPLE).into_iter().chain(tolerant(&engine)) {
        let error = request.await.unwrap_err();
        assert!(matches!(error, EngineError::Refused { status: 409, .. }) && !error.is_absent(), "{name}: {error}");
    }
}

#[tokio::test]
async fn a_missing_network_is_made_without_a_route_to_the_outside() {
    let fake = Fake::start(|line| match line {
        line if line.starts_with("GET") => Answer::Whole(404, r#"{"message": "no such network"}"#.to_owned()),
        _ => Answer::Whole(201, r#"{"Id": "n", "Warning": ""}"#.to_owned()),
    });
    let fake = fake.await;
    ensure(&fake.client(AMPLE).await).1.await.unwrap();
    let made = fake.asked().pop().unwrap();
    assert!(made.line.ends_with("/networks/create"), "{}", made.line);
    assert!(made.body.contains(r#""Internal":true"#), "{}", made.body);
}

/// Output of a program, as the engine frames it: 1 is standard output, 2 is standard error.
fn printed(stream: u8, text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap().to_be_bytes();
    [&[stream, 0, 0, 0], length.as_slice(), text.as_bytes()].concat()
}

/// An engine in which every program prints a line to each of its outputs and ends with `code`.
async fn running(code: i64) -> Fake {
    Fake::start(move |line| match line {
        line if line.ends_with("/start") => Answer::Upgraded([printed(1, "out\n"), printed(2, "err\n")].concat()),
        line if line.starts_with("GET") => Answer::Whole(200, format!(r#"{{"ExitCode": {code}}}"#)),
        _ => Answer::Whole(201, r#"{"Id": "e"}"#.to_owned()),
    })
    .await
}

#[tokio::test]
async fn the_outputs_and_the_exit_code_of_a_program_are_told_apart() {
    let engine = running(3).await.client(AMPLE).await;
    let done = engine.exec(NAME, &["try"], b"", AMPLE).await.unwrap();
    assert_eq!((done.code, done.stdout.as_slice(), done.stderr.as_str()), (3, b"out\n".as_slice(), "err\n"));
    let error = engine.must(NAME, &["try", "it"], b"", AMPLE).await.unwrap_err();
    assert_eq!(error.to_string(), "`try it` in thing ended with 3: err");
    let engine = running(0).await.client(AMPLE).await;
    assert_eq!(engine.must(NAME, &["try"], b"", AMPLE).await.unwrap(), b"out\n");
}

#[tokio::test]
async fn an_input_that_breaks_off_is_no_success() {
    let broken = || futures::stream::iter([Err(io::Error::other("the archive is damaged"))]);
    let engine = running(0).await.client(AMPLE).await;
    let error = engine.must_read(NAME, &["import"], broken(), AMPLE).await.unwrap_err();
    assert!(matches!(&error, EngineError::Input { .. }), "{error}");
    assert_eq!(error.root_cause(), "the archive is damaged");
    let engine = running(1).await.client(AMPLE).await;
    let error = engine.must_read(NAME, &["import"], broken(), AMPLE).await.unwrap_err();
    assert!(matches!(&error, EngineError::Failed { code: 1, .. }), "the exit code is the better error, not {error}");
}

#[tokio::test]
async fn an_engine_without_a_capability_is_asked_for_the_others() {
    let fake = Fake::start(|_| Answer::Whole(404, r#"{"message": "none"}"#.to_owned())).await;
    let engine = fake.client(AMPLE).await;
    let refused = |message: &str| {
        Err(EngineError::Refused { what: "start".to_owned(), status: 500, message: message.to_owned() })
    };
    let mut attempts = Vec::new();
    let started = engine.with_privileges(NAME, async |privileges| {
        attempts.push(privileges);
        match privileges {
            Privileges::Whole => refused("runc: unable to apply caps: operation not permitted"),
            Privileges::Listed => Ok("started"),
        }
    });
    assert_eq!(started.await.unwrap(), "started");
    assert_eq!(attempts, [Privileges::Whole, Privileges::Listed]);
    let removed = fake.asked().pop().unwrap().line;
    assert!(removed.starts_with("DELETE") && removed.contains("/containers/thing"), "{removed}");

    let mut attempts = 0;
    let started = engine.with_privileges(NAME, async |_| {
        attempts += 1;
        refused("no space left on device")
    });
    assert!(started.await.is_err());
    assert_eq!(attempts, 1, "another refusal is not tried again");
}
