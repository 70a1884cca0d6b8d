//! `report.html` in a headless Chromium: no sideways scrolling on a narrow page, no error, a search that finds, a page that is ready within a second, paper.
//!
//! `BROWSER_SHOTS=<folder>` keeps pictures of what the tests see, for people.

#![expect(clippy::unwrap_used, reason = "tests, helpers included, fail by panicking")]

#[path = "browser/chromium.rs"]
mod chromium;

use mtls_core::{
    evidence::{event::Entry, log, record::Record},
    report::{PublicRecord, Report, html},
};
use serde_json::Value;

/// A canned run of the snapshots, by name.
fn canned(name: &str) -> Vec<Entry> {
    let path = format!("{}/tests/runs/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    log::parse(&std::fs::read(path).unwrap()).0
}

fn page(entries: Vec<Entry>) -> String {
    let (report, _) = Report::of(&PublicRecord::of(&Record::of(entries)));
    let mut bytes = Vec::new();
    html(&report, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// As large as a full run: the scenarios of a canned run, this often under other names.
fn large(times: usize) -> Vec<Entry> {
    let mut entries = canned("over-time");
    let grid = "strict/enforcement-grid";
    let line = |entry: &Entry| serde_json::to_string(entry).unwrap();
    let (planned, run): (Vec<Entry>, Vec<Entry>) = entries.drain(..).partition(|entry| entry.seq <= 5);
    let mut plan: Value = serde_json::to_value(planned.last().unwrap()).unwrap();
    let scenario = plan["plan"]["scenarios"][0].to_string();
    for copy in 0..times {
        let text = scenario.replace(grid, &format!("{grid}-{copy}"));
        plan["plan"]["scenarios"].as_array_mut().unwrap().push(serde_json::from_str(&text).unwrap());
    }
    let own: Vec<String> =
        run.iter().map(line).filter(|line| line.contains(&format!("\"scenario\":\"{grid}\""))).collect();
    let mut all: Vec<Entry> = planned[..planned.len() - 1].to_vec();
    all.push(serde_json::from_value(plan).unwrap());
    for copy in 0..times {
        let renamed = own.iter().map(|line| line.replace(grid, &format!("{grid}-{copy}")));
        all.extend(renamed.map(|line| serde_json::from_str::<Entry>(&line).unwrap()));
    }
    all.extend(run);
    (0..).zip(&mut all).for_each(|(seq, entry)| entry.seq = seq);
    all
}

const WIDTHS: [(u32, u32); 2] = [(1280, 900), (420, 900)];
const RUNS: [&str; 7] = ["rich", "over-time", "cases", "toothless", "all-green", "wild", "no-world"];

/// What is wider than the page, or scrolls sideways inside it.
const WIDE: &str = "[...document.querySelectorAll('body, body *')].filter(e => {
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    if (box.width === 0 || e.closest('svg, [hidden]') !== null && e.tagName !== 'svg') return false;
    return box.right > innerWidth + 1 || (e.scrollWidth > e.clientWidth + 1 && /auto|scroll/.test(style.overflowX));
}).map(e => e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 60))";

#[test]
fn nothing_scrolls_sideways_and_nothing_goes_wrong() {
    chromium::with("the width of the report", |browser| {
        for run in RUNS {
            let page = page(canned(run));
            for (width, height) in WIDTHS {
                browser.open(&page, width, height);
                // Everything that is folded is unfolded too.
                browser.shot(&format!("{run}-{width}"));
                browser.value("document.querySelectorAll('details').forEach(e => { e.open = true; })");
                let wide = browser.value(WIDE);
                assert_eq!(wide, Value::Array(Vec::new()), "{run} at {width}: {wide:#}");
                let scrolls = browser.value("document.documentElement.scrollWidth > innerWidth");
                assert_eq!(scrolls, false, "{run} at {width}");
                browser.shot(&format!("{run}-{width}-open"));
            }
        }
        assert_eq!(browser.errors, Vec::<String>::new());
    });
}

/// Rows that are shown, and how many of them have this text.
fn shown(browser: &mut chromium::Browser) -> u64 {
    browser.value("document.querySelectorAll('main [data-v]:not([hidden])').length").as_u64().unwrap()
}

fn search(browser: &mut chromium::Browser, text: &str) {
    let set = format!("document.getElementById('query').value = {}", Value::from(text));
    browser.value(&set);
    browser.value("document.getElementById('query').dispatchEvent(new Event('input'))");
    frame(browser);
}

/// Waits until the page has drawn what it was told.
fn frame(browser: &mut chromium::Browser) {
    browser.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))");
}

#[test]
fn the_search_finds_and_the_filter_filters() {
    chromium::with("the search of the report", |browser| {
        browser.open(&page(canned("over-time")), 1280, 900);
        assert_eq!(browser.value("document.getElementById('find').hidden"), false);
        let all = shown(browser);
        let open = browser.value("document.querySelectorAll('details[open]').length");
        search(browser, "ROGUE tcp");
        let expected = browser
            .value("[...document.querySelectorAll('main [data-v]')].filter(e => /rogue/i.test(e.textContent)).length");
        let found = shown(browser);
        assert!(found > 0 && found < all && found <= expected.as_u64().unwrap() + 1, "{found} of {all}: {expected}");
        assert!(
            browser.value("document.getElementById('found').value").as_str().unwrap().starts_with(&found.to_string())
        );
        // What is found is unfolded, so that it can be seen.
        let hidden = "[...document.querySelectorAll('.scenario tr[data-v]:not([hidden])')]
            .filter(e => e.getBoundingClientRect().height === 0).length";
        assert_eq!(browser.value(hidden), 0);
        search(browser, "no such text anywhere");
        assert_eq!(shown(browser), 0);
        search(browser, "");
        assert_eq!((shown(browser), browser.value("document.querySelectorAll('details[open]').length")), (all, open));
        browser.value("document.querySelector('[data-only=fail]').click()");
        frame(browser);
        let verdicts = browser.value(
            "[...new Set([...document.querySelectorAll('main [data-v]:not([hidden])')].map(e => e.dataset.v))].join()",
        );
        assert_eq!(verdicts, "fail");
        browser.shot("over-time-filtered");
        assert_eq!(browser.errors, Vec::<String>::new());
    });
}

#[test]
fn without_a_script_everything_is_there_but_the_search() {
    chromium::with("the report without a script", |browser| {
        browser.call("Emulation.setScriptExecutionDisabled", &serde_json::json!({"value": true}));
        browser.open(&page(canned("over-time")), 1280, 900);
        assert_eq!(browser.value("document.getElementById('find').hidden"), true);
        assert!(shown(browser) > 20);
        assert_eq!(browser.errors, Vec::<String>::new());
    });
}

#[test]
fn a_full_run_is_small_and_ready_within_a_second() {
    chromium::with("the time that a large report takes", |browser| {
        let entries = large(80);
        let page = page(entries);
        assert!(page.matches("<td class=\"v\">").count() > 1_300, "the test must be about a full run");
        assert!(page.len() < 1_500_000, "{} bytes", page.len());
        browser.open("<p>warm</p>", 1280, 900);
        let before = browser.work();
        browser.open(&page, 1280, 900);
        let ready = browser.value("document.documentElement.dataset.ready");
        let loaded = browser.work() - before;
        let clock = browser.value("performance.getEntriesByType('navigation')[0].domInteractive");
        search(browser, "rogue tcp");
        let searched = browser.work() - before - loaded;
        let line = format!(
            "measured: {} bytes, {loaded:.2} s of work until ready ({clock} ms by the clock), {searched:.2} s per search",
            page.len()
        );
        std::io::Write::write_fmt(&mut std::io::stderr().lock(), format_args!("{line}\n")).unwrap();
        assert_eq!(ready, "yes");
        assert!(loaded < 1.0 && searched < 0.5, "{line}");
    });
}

#[test]
fn a_report_prints() {
    chromium::with("the report on paper", |browser| {
        for (run, limit) in [("rich", 14), ("over-time", 12)] {
            browser.open(&page(canned(run)), 1280, 900);
            let paper = browser.print(run);
            assert!(paper.starts_with(b"%PDF"));
            let text = String::from_utf8_lossy(&paper);
            let sheets = text.matches("/Type /Page\n").count();
            assert!((1..=limit).contains(&sheets), "{run}: {sheets} sheets");
        }
    });
}

#[test]
fn hostile_texts_run_nothing() {
    chromium::with("hostile texts in the report", |browser| {
        let hostile = r#""></title><script>window.pwned=1</script><img src=x onerror="window.pwned=1">"#;
        let endless = "W".repeat(10_240);
        let turned = "\u{202e}desrever\u{2066}";
        for payload in [hostile, &endless, turned] {
            let mut log = serde_json::to_value(canned("over-time")).unwrap();
            spoil(&mut log, payload);
            let page = page(serde_json::from_value(log).unwrap());
            for (width, height) in WIDTHS {
                browser.open(&page, width, height);
                browser.value("document.querySelectorAll('details').forEach(e => { e.open = true; })");
                assert_eq!(browser.value("'pwned' in window || document.images.length > 0"), false);
                let wide = browser.value(WIDE);
                assert_eq!(wide, Value::Array(Vec::new()), "{} at {width}: {wide:#}", &payload[..8]);
            }
        }
        assert_eq!(browser.errors, Vec::<String>::new());
    });
}

/// Adds the payload to texts that people and products write.
fn spoil(value: &mut Value, payload: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| spoil(item, payload)),
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                match value {
                    Value::String(text) if FREE.contains(&key.as_str()) => text.push_str(payload),
                    other => spoil(other, payload),
                }
            }
        }
        _ => {}
    }
}

const FREE: [&str; 14] = [
    "title",
    "says",
    "file",
    "label",
    "track",
    "reason",
    "text",
    "row",
    "column",
    "legend",
    "digest",
    "world_detail",
    "outcome",
    "kernel",
];

/// Contrast of texts with their paper in both schemes (WCAG 2.2, 1.4.3: at least 4.5).
#[test]
fn light_and_dark_are_readable() {
    const CONTRAST: &str = "(() => {
        const probe = document.body.appendChild(document.createElement('i')), style = getComputedStyle(probe);
        const light = name => {
            probe.style.color = `var(${name})`;
            const parts = style.color.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255);
            const [r, g, b] = parts.map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        const inks = ['--ink', '--quiet', '--accent', '--pass', '--fail', '--broken', '--unknown', '--waived', '--none'];
        const papers = ['--paper', '--raised'];
        const own = [['--pass', '--pass-tint'], ['--fail', '--fail-tint'], ['--unknown', '--unknown-tint'],
            ['--broken', '--broken-tint'], ['--waived', '--finding-tint'], ['--quiet', '--none-tint']];
        const pairs = inks.flatMap(ink => papers.map(paper => [ink, paper])).concat(own);
        return pairs.filter(([ink, paper]) => ratio(light(ink), light(paper)) < 4.5).map(pair => pair.join(' on '));
    })()";
    chromium::with("the colours of the report", |browser| {
        let page = page(canned("over-time"));
        for scheme in ["light", "dark"] {
            let feature = serde_json::json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
            browser.call("Emulation.setEmulatedMedia", &feature);
            browser.open(&page, 1280, 900);
            assert_eq!(browser.value(CONTRAST), Value::Array(Vec::new()), "{scheme}");
            browser.shot(&format!("over-time-{scheme}"));
        }
    });
}
