//! CLIENT-06, CLIENT-07, CLIENT-08: material that changes under our feet.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mtls_client::environment::Source;
use mtls_client::identity::{FileSource, Reload};
use serde_json::json;

use crate::support::mount::Mount;
use crate::support::pki::Ca;
use crate::support::server::Server;
use crate::support::{attempt, eventually, inline};

fn files(mount: &Mount) -> FileSource {
    match mount.environment().source().unwrap() {
        Source::Files(paths) => FileSource::new(paths),
        Source::WorkloadApi(_) => panic!("files were set"),
    }
}

#[test]
fn a_swapped_generation_is_used_at_once() {
    let ca = Ca::new("root");
    let mount = Mount::new(&ca.client(), &ca.pem());
    let source = files(&mount);
    let first = source.current().unwrap().leaf().serial.clone();
    assert!(matches!(source.reload(), Reload::Unchanged));
    mount.swap(&ca.client(), &ca.pem());
    assert_ne!(source.current().unwrap().leaf().serial, first);
}

#[test]
fn a_hundred_swaps_never_mix_two_generations() {
    let ca = Ca::new("root");
    let pairs: Vec<_> = (0..4).map(|_| ca.client()).collect();
    let mount = Mount::new(&pairs[0], &ca.pem());
    let source = files(&mount);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0..100 {
                mount.swap(&pairs[n % pairs.len()], &ca.pem());
            }
            over.store(true, Ordering::Relaxed);
        });
        let mut loaded = 0;
        while !over.load(Ordering::Relaxed) {
            match source.reload() {
                Reload::Failed(error) => panic!("{error}"),
                Reload::Loaded(_) => loaded += 1,
                Reload::Unchanged => {}
            }
        }
        assert!(loaded > 1, "the reader saw {loaded} generations");
    });
}

#[test]
fn bad_generations_keep_the_last_good_one_and_are_reported_once() {
    let ca = Ca::new("root");
    let good = ca.client();
    let mount = Mount::new(&good, &ca.pem());
    let source = files(&mount);
    let serial = source.current().unwrap().leaf().serial.clone();
    let half = &good.chain[..good.chain.len() / 2];
    let rows = [
        ("MTLS_CERT_PATH", "garbage", good.key.as_str(), ca.pem()),
        ("MTLS_CERT_PATH", half, good.key.as_str(), ca.pem()),
        ("MTLS_KEY_PATH", good.chain.as_str(), "-----BEGIN PRIVATE KEY-----\nhalf", ca.pem()),
        ("MTLS_CA_PATH", good.chain.as_str(), good.key.as_str(), String::new()),
        ("MTLS_KEY_PATH", good.chain.as_str(), &ca.client().key, ca.pem()),
    ];
    for (variable, chain, key, roots) in rows {
        mount.swap_text(chain, key, &roots);
        let Reload::Failed(error) = source.reload() else { panic!("{variable}: accepted") };
        assert!(error.to_string().contains(variable), "{error}");
        assert!(!error.to_string().contains("half"), "contents stay out of messages: {error}");
        assert!(matches!(source.reload(), Reload::Unchanged), "reported once");
        assert_eq!(source.current().unwrap().leaf().serial, serial);
    }
    mount.swap(&ca.client(), &ca.pem());
    assert!(matches!(source.reload(), Reload::Loaded(_)), "a good generation ends it");
}

#[test]
fn a_missing_file_names_its_variable() {
    let ca = Ca::new("root");
    let mount = Mount::new(&ca.client(), &ca.pem());
    std::fs::remove_file(mount.path("tls.key")).unwrap();
    let error = files(&mount).current().unwrap_err().to_string();
    assert!(error.contains("MTLS_KEY_PATH") && error.contains("tls.key"), "{error}");
}

#[test]
fn neither_debug_nor_errors_show_a_key() {
    let ca = Ca::new("root");
    let pair = ca.client();
    let secret = pair.key.lines().nth(1).unwrap();
    let mount = Mount::new(&pair, &ca.pem());
    let source = files(&mount);
    let identity = source.current().unwrap();
    let job: mtls_client::job::IdentityJob = serde_json::from_value(inline(&pair, &ca)).unwrap();
    for text in [format!("{identity:?}"), format!("{source:?}"), format!("{job:?}")] {
        assert!(!text.contains(secret) && !text.contains("PRIVATE KEY"), "{text}");
    }
}

#[tokio::test]
async fn a_running_server_takes_a_new_certificate_and_keeps_it_through_garbage() {
    let ca = Ca::new("root");
    let mount = Mount::new(&ca.server(), &ca.pem());
    let server = Server::start(&mount).await;
    let first = server.own_serial().unwrap();

    mount.swap(&ca.server(), &ca.pem());
    eventually(Duration::from_secs(3), "the new serial", || server.own_serial().as_ref() != Some(&first)).await;
    let second = server.own_serial().unwrap();

    mount.swap_text("garbage", "garbage", "garbage");
    let rejected = || server.log.lines().iter().filter(|line| line["event"] == "identity-rejected").count();
    eventually(Duration::from_secs(3), "the rejection", || rejected() > 0).await;
    let result = attempt(server.bound.mtls.port(), json!({"identity": inline(&ca.client(), &ca)})).await;
    assert_eq!(result["tls"]["peer"]["serial"], second.as_str(), "{result}");
    assert_eq!(rejected(), 1);
}
