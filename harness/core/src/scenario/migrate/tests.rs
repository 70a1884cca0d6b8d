//! Documents before and after, and documents that cannot be rewritten.

use super::{Migration, migrate};

fn rewritten(text: &str) -> String {
    match migrate(text) {
        Ok(Migration::Rewritten(text)) => text,
        other => panic!("{other:#?}"),
    }
}

fn refused(text: &str) -> Vec<(usize, String)> {
    migrate(text).unwrap_err().into_iter().map(|problem| (problem.place.line, problem.message)).collect()
}

/// A scenario of the old version with these lines under it.
fn scenario(rest: &str) -> String {
    format!("apiVersion: mtls-e2e/v1alpha1\nkind: Scenario\n{rest}")
}

#[track_caller]
fn check(before: &str, after: &str) {
    let expected = scenario(after).replace("v1alpha1", "v1alpha2");
    assert_eq!(rewritten(&scenario(before)), expected);
    assert_eq!(migrate(&expected).unwrap(), Migration::Current, "a second pass changes nothing");
}

#[test]
fn comments_order_quoting_and_layout_stay() {
    check(
        "# says: a comment, not a key\nmetadata:   # cast\n    id:   a/b\n    \"says\": >-\n        says: mesh: out, own-tls,\n        in two lines\n\n\nneeds: {features: [ 'client-rigs' ,\"mesh\"], budget: 5m}\n",
        "# says: a comment, not a key\nmetadata:   # cast\n    id:   a/b\n    \"description\": >-\n        says: mesh: out, own-tls,\n        in two lines\n\n\nneeds: {features: [ 'local-client' ,\"mesh\"], budget: 5m}\n",
    );
    assert_eq!(
        rewritten("apiVersion: mtls-e2e/v1alpha1\r\nkind: Requirements\r\nitems: []"),
        "apiVersion: mtls-e2e/v1alpha2\r\nkind: Requirements\r\nitems: []"
    );
}

#[test]
fn participants_say_whether_they_have_a_sidecar() {
    check(
        "isolation: exclusive\ncast:\n  ünder: {client: c, namespace: n, mesh: out, speaks: {says: nothing}} # ü\n  mesh:\n    workload: w\n    namespace: says\n    mesh: \"in\"\n",
        "isolation: cluster\nparticipants:\n  ünder: {client: c, namespace: n, sidecar: false, wire: {says: nothing}} # ü\n  mesh:\n    workload: w\n    namespace: says\n    sidecar: true\n",
    );
}

#[test]
fn a_grid_has_clients_and_ports() {
    check(
        "steps:\n- id: own-tls\n  says: s\n  req: {row.own-tls: [A-1], \"*.own-tls\": [A-2], own-tls: [A-3], '*.http': [A-4]}\n  probe:\n    to: rows\n    columns: [http, own-tls,\n      metrics]\n    rows: {columns: [says, own-tls]}\n    legend: {says: {outcome: own-tls}}\n  deviates: {from: A-1, instead-of: shows, shows: because, because: says so, compensated-by: []}\n",
        "steps:\n- id: own-tls\n  description: s\n  requirements: {row.app-mtls: [A-1], \"*.app-mtls\": [A-2], own-tls: [A-3], '*.http': [A-4]}\n  probe:\n    to: rows\n    ports: [http, app-mtls,\n      metrics]\n    clients: {columns: [says, own-tls]}\n    legend: {says: {outcome: own-tls}}\n  deviates: {from: A-1, instead-of: shows, observed: because, reason: says so, compensated-by: []}\n",
    );
}

#[test]
fn every_verb_has_its_words() {
    check(
        "setup:\n- conduct: {story: pool}\n- weaken: {workload: {of: s, answers: most}, rules: {file: of}}\n- {rules: {test: a.test.yaml, of: [of], stories: [of]}, req: [A]}\n- proxy-status: {namespace: of}\nfinally:\n- traffic: {start: {id: a, column: own-tls, shows: svid}}\n- traffic: {stop: column}\n- cases: {of: f, targets: {of: {to: s, column: own-tls, needs: [client-rigs]}}}\n- command:\n    printed: tells\n    replace: [{text: t, by: b, because: c}]\n    answers: {exit: 1}\n    tells: {stdout: {contains: within}}\n    instead: within\n    within: 5s\n",
        "setup:\n- client-behaviour: {case: pool}\n- misconfigure: {workload: {of: s, answers: most}, rules: {file: of}}\n- {rules: {test: a.test.yaml, files: [of], tests: [of]}, requirements: [A]}\n- proxy-status: {namespace: of}\nfinally:\n- traffic: {start: {id: a, port: app-mtls, presents: svid}}\n- traffic: {stop: column}\n- cases: {of: f, targets: {of: {to: s, port: app-mtls, needs: [local-client]}}}\n- command:\n    printed: tells\n    replace: [{text: t, by: b, reason: c}]\n    answered-when: {exit: 1}\n    must-show: {stdout: {contains: within}}\n    correction: within\n    timeout: 5s\n",
    );
}

#[test]
fn content_of_the_author_is_left_alone() {
    let content = "vars: {says: own-tls, cast: a}\nsteps:\n- apply:\n    objects:\n    - {kind: A, says: x, cast: {mesh: out}, req: [own-tls]}\n- patch: {target: {kind: says}, merge: {says: {rows: [own-tls]}}}\n- get: {kind: A}\n  expect: {says: own-tls, spec.req: {exactly: [mesh]}, over: 1}\n";
    check(content, content);
}

#[test]
fn sabotages_and_steps_inside_of_steps() {
    check(
        "steps:\n- break:\n    do: [{says: d, weaken: {client: [says]}}]\n    confirm: {says: c, probe: {columns: [own-tls], rows: {}}}\nsabotage:\n- id: s\n  says: text\n  with: {mode: fork, says: x}\n  do: [{says: d}]\n  over: {says: o}\n  mode: fork\n  turns-red: {grid.a.own-tls: {says: fork}, own-tls: {}, \"grid.*.own-tls\": {}}\n  keeps-green: [grid.b.own-tls, 'grid.*', own-tls, staging-own-tls.a.http]\n- mode: tail\n",
        "steps:\n- break:\n    do: [{description: d, misconfigure: {client: [says]}}]\n    confirm: {description: c, probe: {ports: [app-mtls], clients: {}}}\nsabotage:\n- id: s\n  description: text\n  with: {mode: fork, says: x}\n  do: [{description: d}]\n  recovered: {description: o}\n  mode: full\n  must-fail: {grid.a.app-mtls: {says: fork}, own-tls: {}, \"grid.*.app-mtls\": {}}\n  must-pass: [grid.b.app-mtls, 'grid.*', own-tls, staging-own-tls.a.http]\n- mode: named-checks\n",
    );
}

#[test]
fn changes_of_the_library_and_case_files_are_rewritten_too() {
    assert_eq!(
        rewritten(
            "apiVersion: 'mtls-e2e/v1alpha1'\nkind: Sabotage\ncast: {a: {mesh: out}}\nconfirm: {says: c}\nover:\n  probe: {rows: {}}\n"
        ),
        "apiVersion: 'mtls-e2e/v1alpha2'\nkind: Sabotage\nparticipants: {a: {sidecar: false}}\nconfirm: {description: c}\nrecovered:\n  probe: {clients: {}}\n"
    );
    assert_eq!(
        rewritten(
            "apiVersion: mtls-e2e/v1alpha1\nkind: Cases\ncases:\n- says: s\n  req: [A]\n  deviation: {reason: r}\n"
        ),
        "apiVersion: mtls-e2e/v1alpha2\nkind: Cases\ncases:\n- description: s\n  requirements: [A]\n  deviation: {reason: r}\n"
    );
}

#[test]
fn what_has_no_place_is_refused_where_it_stands() {
    let unknown = scenario("steps:\n- sais: x\n- says: y\n  hosts: z\n");
    assert_eq!(
        refused(&unknown),
        [(4, "v1alpha1 has no key `sais` here".to_owned()), (6, "v1alpha1 has no key `hosts` here".to_owned())]
    );
    assert_eq!(refused(&scenario("cast: [a]\n")), [(3, "expected a mapping, found a list".to_owned())]);
    let hidden = refused(&scenario("cast: {a: {mesh: \"${place}\"}}\n"));
    assert_eq!(hidden, [(3, "a variable hides a word that v1alpha2 may spell otherwise".to_owned())]);
    let glob = refused(&scenario("sabotage: [{keeps-green: [\"grid.*.own-*\"]}]\n"));
    assert_eq!(glob, [(3, "`grid.*.own-*` names the port `own-tls`, which v1alpha2 calls `app-mtls`".to_owned())]);
    let escaped = refused(&scenario("\"ca\\u0073t\": {}\n"));
    assert_eq!(escaped, [(3, "`cast` is not spelled plainly here".to_owned())]);
    assert_eq!(refused("apiVersion: mtls-e2e/v2\nkind: Scenario\n")[0].0, 1);
    assert_eq!(refused("apiVersion: mtls-e2e/v1alpha1\nkind: Scenery\n")[0].0, 2);
    assert_eq!(refused("apiVersion: mtls-e2e/v1alpha1\nkind: [\n").len(), 1);
}

#[test]
fn documents_of_others_are_no_business_of_ours() {
    for text in ["a: [\n", "apiVersion: v1\nkind: Pod\nsays: x\n", "- 1\n", ""] {
        assert_eq!(migrate(text).unwrap(), Migration::Foreign, "{text}");
    }
}

#[test]
fn an_alias_repeats_what_is_rewritten_where_it_is_written() {
    check(
        "vars: {a: &a 1, b: *a}\ncast:\n  a: &out {client: c, mesh: out}\n  b: *out\n",
        "vars: {a: &a 1, b: *a}\nparticipants:\n  a: &out {client: c, sidecar: false}\n  b: *out\n",
    );
    let both = refused(&scenario("steps: [{expect: &same {says: 1}, deviates: *same}]\n"));
    assert_eq!(both, [(3, "v1alpha1 has no key `says` here".to_owned())]);
    let both = refused(&scenario("steps: [{expect: &same {shows: 1}, deviates: *same}]\n"));
    assert_eq!(both[0].1, "an alias repeats content that both places would call differently");
}
