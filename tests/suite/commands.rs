//! Each command of the built program, from its arguments to its exit code.

use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use wolkvox_exporter::reports;

use crate::promise;
use crate::running::{ANY_PORT, Ended, Folder, Running, Wolkvox, program, run};

/// Nobody listens there: the port is reserved, and below those that the system gives away.
const NOBODY: &str = "127.0.0.1:1";

/// `andes`, described by the environment.
fn andes(arguments: &[&str], wolkvox: &str) -> std::process::Command {
    let mut command = program(arguments);
    command.env("WOLKVOX_BASE_URL", wolkvox).env("WOLKVOX_TOKEN", "andes-token");
    command.env("WOLKVOX_TIMEZONE", "America/Bogota").env("WOLKVOX_LICENSES", "8").env("WOLKVOX_OPERATION", "andes");
    command
}

#[track_caller]
fn expect(ended: &Ended, code: i32, in_stdout: &[&str], in_stderr: &[&str]) {
    assert_eq!(ended.code, Some(code), "{ended:#?}");
    for (text, parts) in [(&ended.stdout, in_stdout), (&ended.stderr, in_stderr)] {
        assert!(parts.iter().all(|part| text.contains(part)), "{parts:#?} in {ended:#?}");
        assert!(!text.contains("-token"), "a token in {ended:#?}");
        assert!(!text.contains("panicked"), "{ended:#?}");
    }
}

#[test]
fn version_and_help_are_printed() {
    let version = run(program(&["--version"]));
    expect(&version, 0, &["wolkvox-exporter ", env!("CARGO_PKG_VERSION")], &[]);
    let help = run(program(&["--help"]));
    expect(&help, 0, &["demo", "--config.file", "--no-collector.skills", "Exit codes"], &[]);
    assert_eq!((version.stderr, help.stderr), (String::new(), String::new()));
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    for (arguments, part) in [
        (&["sevre"][..], "invalid value 'sevre'"),
        (&["--web.listen-adress=:1"], "--web.listen-address"),
        (&["once", "--probe"], "'--probe' cannot be used"),
    ] {
        let ended = run(program(arguments));
        expect(&ended, 2, &[], &[part]);
        assert_eq!(ended.stdout, "");
    }
}

#[test]
fn a_wrong_configuration_ends_with_64_and_every_mistake() {
    let folder = Folder::new();
    let flag = folder.configuration(
        "operations:\n  - name: acme one\n    server: 00133\n    token: s3cret-token\n    timezone: America/Bogata\n    \
         licences: 5\n    reports: { skils: { interval: 30 } }\n  - name: acme\n    base_url: ftp://x\n    \
         token_file: nowhere\n",
    );
    for command in ["serve", "check", "once"] {
        let ended = run(program(&[command, &flag, ANY_PORT]));
        let mistakes = [
            "config.yaml:2:11: operations[0].name: ",
            "config.yaml:3:13: operations[0].server: ",
            "operations[0].token: a token does not belong into the configuration",
            "America/Bogota",
            "licenses",
            "skills",
            "ftp is not spoken",
            "nowhere",
            "operations[1].timezone: is missing",
        ];
        expect(&ended, 64, &[], &mistakes);
        assert_eq!(ended.stdout, "");
    }
    expect(&run(program(&[])), 64, &[], &["WOLKVOX_SERVER", "--config.file", "demo"]);
    expect(&run(program(&["--config.file=/nowhere.yaml"])), 64, &[], &["/nowhere.yaml: cannot be read"]);
}

#[test]
fn a_plan_beyond_the_quota_is_refused_with_intervals_that_fit() {
    let folder = Folder::new();
    folder.write("secret", "s3cret-token");
    let flag = folder.configuration(
        "operations:\n  - name: acme\n    server: \"0013\"\n    token_file: secret\n    timezone: America/Bogota\n    \
         licenses: 1\n    reports: { skills: { interval: 1s } }\n",
    );
    expect(&run(program(&["check", &flag])), 64, &[], &["config.yaml:2:5: operations[0]", "86400", "800"]);
}

#[test]
fn check_tells_the_plan_and_asks_only_when_told() {
    let wolkvox = Wolkvox::start(&[]);
    expect(&run(andes(&["check"], "http://127.0.0.1:1")), 0, &["andes", "6400", "The configuration is right."], &[]);
    let answered = run(andes(&["check", "--probe"], &wolkvox.url));
    expect(&answered, 0, &["operation andes: wolkvox answers (", "of 8000 requests a day, 1 are used"], &[]);
    let nobody = run(andes(&["check", "--probe"], &format!("http://{NOBODY}")));
    expect(&nobody, 1, &["operation andes: wolkvox could not be reached", "Check the server number"], &[]);
    wolkvox.fault("fault=auth&operation=andes");
    let refused = run(andes(&["check", "--probe"], &wolkvox.url));
    expect(&refused, 1, &["operation andes: wolkvox ", "Make a new token"], &[]);
}

#[test]
fn once_prints_an_exposition_of_every_report() {
    let wolkvox = Wolkvox::start(&[]);
    let ended = run(andes(&["once"], &wolkvox.url));
    expect(&ended, 0, &[], &["planned"]);
    let exposition = promise::kept(&ended.stdout);
    for report in reports::ALL {
        let labels = [("operation", "andes"), ("report", report.name)];
        assert_eq!(exposition.value("wolkvox_report_success", &labels), Some(1.0), "{}", report.name);
        assert_eq!(exposition.value("wolkvox_exporter_api_requests_total", &labels), Some(1.0), "{}", report.name);
    }
    assert_eq!(exposition.value("wolkvox_up", &[("operation", "andes")]), Some(1.0));
    assert_eq!(exposition.value("wolkvox_quota_limit_requests", &[("operation", "andes")]), Some(8000.0));
    assert_eq!(exposition.count("wolkvox_exporter_build_info", &[]), 1);
}

#[test]
fn once_fails_where_a_report_fails_and_prints_the_others() {
    let wolkvox = Wolkvox::start(&["--fault=call_durations=maintenance"]);
    let ended = run(andes(&["once"], &wolkvox.url));
    expect(&ended, 1, &[], &["call_durations", "forbidden"]);
    let exposition = promise::kept(&ended.stdout);
    for report in reports::ALL {
        let labels = [("operation", "andes"), ("report", report.name)];
        let expected = f64::from(u8::from(report.name != "call_durations"));
        assert_eq!(exposition.value("wolkvox_report_success", &labels), Some(expected), "{}", report.name);
    }
    expect(
        &run(andes(&["once"], &format!("http://{NOBODY}"))),
        1,
        &["wolkvox_up{operation=\"andes\"} 0"],
        &["connect"],
    );
}

#[test]
fn simulate_refuses_what_it_does_not_know() {
    for (fault, part) in [
        ("skills", "write REPORT=FAULT"),
        ("skills=nonsense", "there is no fault nonsense; there are auth"),
        ("nonsense=html", "there is no report nonsense; there are all, skills"),
    ] {
        expect(&run(program(&["simulate", ANY_PORT, "--fault", fault])), 1, &[], &[part]);
    }
}

#[test]
fn healthcheck_tells_whether_the_exporter_is_healthy() {
    let demo = Running::serving(&["demo"]);
    let address = demo.url().replace("http://", "--web.listen-address=");
    // As in an image, where there are no certificates.
    let mut healthcheck = program(&["healthcheck", &address]);
    healthcheck.env("SSL_CERT_FILE", "/dev/null").env("SSL_CERT_DIR", "/dev/null");
    let well = run(healthcheck);
    expect(&well, 0, &["healthy\n"], &[]);
    assert_eq!(well.stderr, "");
    let nobody = run(program(&["healthcheck", &format!("--web.listen-address={NOBODY}")]));
    expect(&nobody, 1, &[], &["no answer at 127.0.0.1:1"]);
    // What listens there need not be the exporter.
    let wolkvox = Wolkvox::start(&[]);
    let other = run(program(&["healthcheck", &wolkvox.url.replace("http://", "--web.listen-address=")]));
    assert_eq!(other.code, Some(1), "{other:#?}");
}

#[test]
fn a_port_that_is_taken_is_told_before_anything_is_asked() {
    let wolkvox = Wolkvox::start(&[]);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let ended = run(andes(&[&format!("--web.listen-address={address}")], &wolkvox.url));
    expect(&ended, 1, &[], &[&format!("wolkvox-exporter: cannot listen on {address}: "), "in use"]);
    assert_eq!(wolkvox.requests("andes")["used_today"], 0);
    let demo = run(program(&["demo", &format!("--web.listen-address={address}")]));
    expect(&demo, 1, &[], &[&format!("cannot listen on {address}")]);
}

#[test]
fn signals_end_it_in_order_even_while_wolkvox_hangs() {
    for signal in ["TERM", "INT"] {
        let wolkvox = Wolkvox::start(&["--fault=all=hang"]);
        let exporter = Running::start(andes(&[ANY_PORT], &wolkvox.url));
        crate::running::until("a request under way", || (wolkvox.requests("andes")["at_once"] == 1).then_some(()));
        assert_eq!(exporter.get("/-/ready").status, 503);
        assert_eq!(exporter.get("/-/healthy").text(), "healthy\n");
        exporter.signal(signal);
        let ended = exporter.ended(Duration::from_secs(5));
        expect(&ended, 0, &[], &[&format!("signal=SIG{signal}")]);
        assert_eq!(ended.stdout, "", "the log is on standard error");
        crate::running::until("the request is given up", || (wolkvox.requests("andes")["at_once"] == 0).then_some(()));
    }
}

#[test]
fn a_client_that_says_nothing_does_not_hold_up_the_end() {
    let demo = Running::serving(&["demo"]);
    let silent = TcpStream::connect(demo.url().strip_prefix("http://").unwrap()).unwrap();
    demo.ready();
    demo.signal("TERM");
    expect(&demo.ended(Duration::from_secs(10)), 0, &[], &["signal=SIGTERM"]);
    drop(silent);
}

#[test]
fn every_address_is_served_and_the_metrics_where_they_are_wanted() {
    let demo = Running::start(program(&["demo", ANY_PORT, ANY_PORT, "--web.telemetry-path=/probe/wolkvox"]));
    demo.ready();
    let log = demo.log();
    let urls: Vec<_> = log.lines().filter(|line| line.contains("message=serving")).collect();
    assert_eq!(urls.len(), 2, "{log}");
    let found = demo.get("/probe/wolkvox");
    assert_eq!(found.status, 200);
    let _ = promise::kept(&found.text());
    assert_eq!(demo.get("/metrics").status, 404);
    assert!(demo.get("/").text().contains("href=\"/probe/wolkvox\""));
}

#[test]
fn a_report_that_is_switched_off_is_neither_asked_nor_served() {
    let wolkvox = Wolkvox::start(&[]);
    let arguments = [ANY_PORT, "--no-collector.agents", "--no-collector.quota"];
    let exporter = Running::start(andes(&arguments, &wolkvox.url));
    exporter.ready();
    let exposition = exporter.metrics();
    for report in reports::ALL {
        let is_on = !["agents", "quota"].contains(&report.name);
        let asked = wolkvox.requests("andes")["requests"][report.name].as_u64();
        assert_eq!(asked, is_on.then_some(1), "{}", report.name);
        assert_eq!(exposition.count("wolkvox_report_success", &[("report", report.name)]), usize::from(is_on));
        if !is_on {
            assert!(report.families.iter().all(|family| exposition.family(family.name()).is_none()));
        }
    }
}

#[test]
fn a_log_in_json_is_an_object_in_each_line() {
    let wolkvox = Wolkvox::start(&["--fault=skills=http-500"]);
    let exporter = Running::start(andes(&[ANY_PORT, "--log.format=json", "--log.level=debug"], &wolkvox.url));
    exporter.ready();
    exporter.signal("TERM");
    let ended = exporter.ended(Duration::from_secs(5));
    let lines: Vec<serde_json::Value> =
        ended.stderr.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    assert!(lines.iter().all(|line| line["timestamp"].is_string() && line["level"].is_string()), "{}", ended.stderr);
    let failure = lines.iter().find(|line| line["cause"] == "http_status").expect("the failure is told");
    assert_eq!((&failure["operation"], &failure["report"]), (&"andes".into(), &"skills".into()));
    assert_eq!(failure["level"], "WARN");
    assert!(lines.iter().any(|line| line["message"] == "answered"), "{}", ended.stderr);
}
