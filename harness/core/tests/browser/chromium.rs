//! A headless Chromium, driven over its debugging pipe (Chrome `DevTools` Protocol), with the standard library alone.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use serde_json::{Value, json};

/// Names under which distributions install it.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// Longest wait for one answer: the machine may be busy.
const LIMIT: Duration = Duration::from_secs(120);

/// A browser with one page.
pub(crate) struct Browser {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    session: String,
    last: u64,
    /// Everything that went wrong in the page.
    pub(crate) errors: Vec<String>,
    profile: tempfile::TempDir,
}

/// Runs a test in a browser, or says that there is none.
pub(crate) fn with(what: &str, test: impl FnOnce(&mut Browser)) {
    let Some(program) = NAMES.into_iter().find(|name| is_installed(name)) else {
        let line = format!("not run: no chromium, so nothing is known of {what}; `cargo xtask provision` installs it");
        // Written to the handle, because the test runner hides what the macros print in a passing test.
        writeln!(std::io::stderr().lock(), "{line}").unwrap();
        return;
    };
    test(&mut Browser::start(program));
}

fn is_installed(name: &str) -> bool {
    Command::new(name)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|it| it.success())
}

impl Browser {
    fn start(program: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        // The protocol is spoken on descriptors 3 and 4, which only a shell can name.
        let mut child = Command::new("sh")
            .args(["-c", r#"exec "$@" 3<&0 4>&1 </dev/null >/dev/null"#, "sh", program])
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--hide-scrollbars",
            ])
            .args(["--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(output).split(0) {
                let Ok(message) = message else { return };
                if sender.send(serde_json::from_slice(&message).unwrap()).is_err() {
                    return;
                }
            }
        });
        let session = String::new();
        let mut browser = Self { child, input, messages, session, last: 0, errors: Vec::new(), profile };
        let target = browser.call("Target.createTarget", &json!({"url": "about:blank"}))["targetId"].clone();
        let attached = browser.call("Target.attachToTarget", &json!({"targetId": target, "flatten": true}));
        attached["sessionId"].as_str().unwrap().clone_into(&mut browser.session);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        browser.call("Performance.enable", &json!({"timeDomain": "threadTicks"}));
        browser
    }

    /// The result of a command.
    pub(crate) fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.last += 1;
        let id = self.last;
        let mut message = json!({"id": id, "method": method, "params": parameters});
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        self.input.write_all(message.to_string().as_bytes()).unwrap();
        self.input.write_all(&[0]).unwrap();
        self.input.flush().unwrap();
        loop {
            let message = self.next(method);
            if message["id"] == id {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].clone();
            }
        }
    }

    fn next(&mut self, awaited: &str) -> Value {
        let message = self.messages.recv_timeout(LIMIT).unwrap_or_else(|error| panic!("{awaited}: {error}"));
        let parameters = &message["params"];
        match message["method"].as_str() {
            Some("Runtime.exceptionThrown") => self.errors.push(parameters["exceptionDetails"].to_string()),
            Some("Log.entryAdded") => self.errors.push(parameters["entry"]["text"].to_string()),
            Some("Runtime.consoleAPICalled") => self.errors.push(parameters["args"].to_string()),
            Some("Network.requestWillBeSent") => {
                let address = parameters["request"]["url"].as_str().unwrap_or_default();
                if !address.starts_with("file:") {
                    self.errors.push(format!("the page asks for {address}"));
                }
            }
            _ => {}
        }
        message
    }

    /// Opens a page in a window of this size and waits until it has loaded.
    pub(crate) fn open(&mut self, page: &str, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", &size);
        let file = self.profile.path().join("report.html");
        std::fs::write(&file, page).unwrap();
        self.call("Page.navigate", &json!({"url": format!("file://{}", file.display())}));
        while self.next("the end of loading")["method"] != "Page.loadEventFired" {}
    }

    /// The value of a JavaScript expression, awaited if it is a promise.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let arguments = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let result = self.call("Runtime.evaluate", &arguments);
        assert!(result["exceptionDetails"].is_null(), "{expression}: {}", result["exceptionDetails"]);
        result["result"]["value"].clone()
    }

    /// The seconds of processor time of the page's main thread since the browser was started, which other programs of
    /// the machine do not lengthen.
    pub(crate) fn work(&mut self) -> f64 {
        let metrics = self.call("Performance.getMetrics", &json!({}));
        let metrics = metrics["metrics"].as_array().unwrap();
        let task = metrics.iter().find(|metric| metric["name"] == "TaskDuration").unwrap();
        task["value"].as_f64().unwrap()
    }

    /// A file for people, if `BROWSER_SHOTS` names a folder: `<name>.png` of the whole page.
    pub(crate) fn shot(&mut self, name: &str) {
        if let Some(folder) = std::env::var_os("BROWSER_SHOTS") {
            let picture = self.call("Page.captureScreenshot", &json!({"format": "png", "captureBeyondViewport": true}));
            keep(&std::path::PathBuf::from(folder).join(format!("{name}.png")), &picture);
        }
    }

    /// The page on A4 paper.
    pub(crate) fn print(&mut self, name: &str) -> Vec<u8> {
        let arguments =
            json!({"printBackground": true, "preferCSSPageSize": true, "paperWidth": 8.27, "paperHeight": 11.69});
        let paper = self.call("Page.printToPDF", &arguments);
        if let Some(folder) = std::env::var_os("BROWSER_SHOTS") {
            keep(&std::path::PathBuf::from(folder).join(format!("{name}.pdf")), &paper);
        }
        bytes(&paper)
    }
}

fn bytes(result: &Value) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(result["data"].as_str().unwrap()).unwrap()
}

fn keep(path: &std::path::Path, result: &Value) {
    std::fs::write(path, bytes(result)).unwrap();
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser ends its own helpers when it is told to close; the kill is for one that does not listen.
        let _ = self.input.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        let _ = self.input.flush();
        while self.messages.recv_timeout(Duration::from_secs(10)).is_ok() {}
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
