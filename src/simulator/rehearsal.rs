//! The simulator keeps wolkvox's limits and its own promises.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use futures_util::StreamExt;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use jiff::civil::date;
use jiff::tz::TimeZone;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use super::*;
use crate::report::{Listing, Span};
use crate::reports;
use crate::world::{World, demo};

const SKILLS: &str = "/api/v2/real_time.php?api=skills&skill_id=all";

/// A Friday, 10:30 in Bogotá and 23:30 in Manila.
fn noon() -> Timestamp {
    "2026-06-05T15:30:00Z".parse().unwrap()
}

/// Both operations of the demonstration, at an instant that tests may move.
struct Stage {
    simulator: Simulator,
    now: Arc<Mutex<Timestamp>>,
}

fn stage() -> Stage {
    stage_with(Duration::from_secs(1))
}

fn stage_with(latency: Duration) -> Stage {
    let now = Arc::new(Mutex::new(noon()));
    let operations = demo().into_iter().map(|profile| {
        let token = format!("{}-token", profile.name);
        Operation::new(Arc::new(World::new(profile)), &token).with_latency(latency)
    });
    let clock = Arc::clone(&now);
    Stage { simulator: Simulator::new(Arc::new(move || *clock.lock().unwrap()), operations), now }
}

struct Told {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Told {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn message(&self) -> String {
        self.json()["msg"].as_str().unwrap().to_owned()
    }
}

impl Stage {
    async fn send(&self, method: &str, path: &str, token: Option<&str>) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header("Wolkvox-Token", token);
        }
        self.simulator.router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    async fn ask(&self, path: &str, token: Option<&str>) -> Told {
        let response = self.send("GET", path, token).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Told { status: parts.status, headers: parts.headers, body }
    }

    async fn andes(&self, path: &str) -> Told {
        self.ask(path, Some("andes-token")).await
    }

    fn requests(&self) -> OperationRequests {
        self.simulator.requests().remove(0)
    }
}

/// The path of a report, asked as the exporter does, for that day.
fn path(report: &Listing, day: &str) -> String {
    let dates = match report.span {
        Span::Now => "&skill_id=all".to_owned(),
        Span::Day | Span::Rows => format!("&date_ini={day}000000&date_end={day}235959"),
    };
    format!("/api/v2/{}?api={}{dates}", report.endpoint.file, report.endpoint.api)
}

#[tokio::test(start_paused = true)]
async fn every_report_answers_as_wolkvox_does() {
    let stage = stage();
    for report in reports::ALL {
        let told = stage.andes(&path(report, "20260605")).await;
        assert_eq!(told.status, StatusCode::OK, "{}", report.name);
        assert_eq!(told.headers["content-type"], "application/json; charset=utf-8");
        assert!(!told.headers.contains_key("content-length"));
        assert!(told.text().starts_with("{\n    \"code\": "), "{}", told.text());
        let envelope = told.json();
        let keys: Vec<&String> = envelope.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["code", "error", "msg", "data"]);
        assert_eq!(envelope["data"].is_object(), report.name == "call_durations");
    }
    let andes = stage.requests();
    assert_eq!(andes.requests.len(), reports::ALL.len());
    assert_eq!((andes.used_today, andes.limit), (6, 8000));
    assert_eq!((andes.most_at_once, andes.at_once, andes.refused), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn refusals_are_wolkvoxs_own() {
    let stage = stage();
    let reports = "/api/v2/reports_manager.php?";
    let cases = [
        (SKILLS, None, 401, "PLEASE ENTER THE WOLKVOX-TOKEN"),
        (SKILLS, Some("stolen"), 403, "PLEASE VALIDATE TOKEN"),
        ("/api/v2/real_time.php?api=skill", Some("andes-token"), 400, "THE API YOU WANT TO CONSULT DOES NOT EXIST"),
        ("/api/v2/customer.php", Some("andes-token"), 400, "THE API YOU WANT TO CONSULT DOES NOT EXIST"),
        ("/api/v2/real_time.php?api=skills", Some("andes-token"), 400, "SOME PARAMETERS ARE REQUIRED"),
        (&format!("{reports}api=cdr_4"), Some("andes-token"), 400, "SOME PARAMETERS ARE REQUIRED"),
        (
            &format!("{reports}api=cdr_4&date_ini=20260501000000&date_end=20260601000000"),
            Some("andes-token"),
            400,
            "THE DATE RANGE EXCEEDS 31 DAYS",
        ),
        (
            &format!("{reports}api=cdr_4&date_ini=20260605&date_end=20260605"),
            Some("andes-token"),
            404,
            "Validate dates entered",
        ),
        (
            &format!("{reports}api=cdr_4&date_ini=20260605090000&date_end=20260605080000"),
            Some("andes-token"),
            404,
            "Validate dates entered",
        ),
        (&path(&reports::ALL[1], "20260606"), Some("andes-token"), 404, "Validate dates entered"),
    ];
    for (path, token, status, message) in cases {
        let told = stage.ask(path, token).await;
        assert_eq!((told.status.as_u16(), told.message()), (status, message.to_owned()), "{path}");
        assert_eq!(told.json()["code"], status.to_string());
        assert_eq!(told.json().get("data"), None);
    }
    assert_eq!(stage.requests().refused, 5);
    let told = stage.andes(&path(&reports::ALL[1], "20260606")).await;
    assert_eq!(told.body.len(), 84, "as long as the real one: {}", told.text());
    let told = stage.andes("/api/reports_manager.php?api=cdr_4").await;
    assert_eq!(told.status, StatusCode::NOT_FOUND);
    assert!(told.text().contains("<h1>404 Not Found</h1>"));
}

#[tokio::test(start_paused = true)]
async fn more_than_two_at_once_are_refused_and_the_most_is_remembered() {
    let stage = Arc::new(stage());
    let mut asking = JoinSet::new();
    for _ in 0..4 {
        let stage = Arc::clone(&stage);
        asking.spawn(async move { stage.andes(SKILLS).await });
    }
    let told = asking.join_all().await;
    let refused = told.iter().filter(|told| told.status == StatusCode::FORBIDDEN).count();
    assert_eq!(refused, 2);
    assert!(told.iter().any(|told| told.text().contains("SIMULTANEOUS")));
    let andes = stage.requests();
    assert_eq!((andes.most_at_once, andes.at_once, andes.refused), (4, 0, 2));
    assert_eq!(stage.andes(SKILLS).await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_request_is_under_way_until_its_body_is_read_or_dropped() {
    let stage = stage();
    let response = stage.send("GET", SKILLS, Some("andes-token")).await;
    assert_eq!(stage.requests().at_once, 1);
    drop(response);
    assert_eq!(stage.requests().at_once, 0);
    let response = stage.send("GET", SKILLS, Some("andes-token")).await;
    let mut body = response.into_body().into_data_stream();
    while let Some(piece) = body.next().await {
        piece.unwrap();
    }
    assert_eq!(stage.requests().at_once, 0, "read to the end, though still held");
    stage.simulator.set_fault(FaultRule::new(Fault::Hang));
    let hanging = tokio::time::timeout(Duration::from_hours(1), stage.andes(SKILLS)).await;
    assert!(hanging.is_err());
    assert_eq!(stage.requests().at_once, 0, "the one who asked has gone");
}

#[tokio::test(start_paused = true)]
async fn the_quota_is_the_operations_and_ends_with_its_own_day() {
    let stage = stage();
    let quota = "/api/v2/information.php?api=token_info";
    stage.simulator.spend_elsewhere("andes", 7998);
    let row = &stage.andes(quota).await.json()["data"][0];
    assert_eq!(row["token_limit"], "8000");
    assert_eq!(row["token_use_today"], "1", "asking costs one itself");
    assert_eq!(row["all_token_today"], "7999");
    assert_eq!(stage.andes(SKILLS).await.status, StatusCode::OK);
    for _ in 0..3 {
        let told = stage.andes(SKILLS).await;
        assert_eq!((told.status, told.message().as_str()), (StatusCode::FORBIDDEN, "TOKEN LIMIT EXCEEDED"));
    }
    assert_eq!(stage.requests().used_today, 8000);
    assert_eq!(stage.ask(SKILLS, Some("luzon-token")).await.status, StatusCode::OK, "the other has its own");

    let midnight = date(2026, 6, 6).to_zoned(TimeZone::get("America/Bogota").unwrap()).unwrap().timestamp();
    *stage.now.lock().unwrap() = midnight - jiff::SignedDuration::from_secs(1);
    assert_eq!(stage.andes(SKILLS).await.status, StatusCode::FORBIDDEN);
    *stage.now.lock().unwrap() = midnight;
    assert_eq!(stage.andes(SKILLS).await.status, StatusCode::OK);
    assert_eq!(stage.requests().used_today, 1);
}

#[tokio::test(start_paused = true)]
async fn reports_about_a_day_lag_behind_until_they_are_rebuilt() {
    let now = Arc::new(Mutex::new(noon()));
    let clock = Arc::clone(&now);
    let operation = Operation::new(Arc::new(World::new(demo().remove(0))), "andes-token")
        .with_reports_rebuilt_every(Duration::from_mins(10));
    let stage = Stage { simulator: Simulator::new(Arc::new(move || *clock.lock().unwrap()), [operation]), now };
    let world = Arc::clone(stage.simulator.operation("andes").unwrap().world());
    for (after, known) in [(0, -300), (299, -300), (300, 300), (899, 300), (900, 900)] {
        let at = |seconds| noon() + jiff::SignedDuration::from_secs(seconds);
        *stage.now.lock().unwrap() = at(after);
        let rows = stage.andes(&path(&reports::ALL[3], "20260605")).await.json()["data"].as_array().unwrap().len();
        assert_eq!(rows, world.ivr_calls(&world.today(at(known)), at(known)).len(), "{after} s later");
        let inbound = world.skills(at(after))[0].inbound.to_string();
        assert_eq!(stage.andes(SKILLS).await.json()["data"][0]["stat_inbound"], inbound, "what is live does not lag");
    }
}

#[tokio::test(start_paused = true)]
async fn every_fault_goes_wrong_as_promised() {
    let stage = stage();
    let right = stage.andes(SKILLS).await;
    for &fault in Fault::ALL {
        stage.simulator.clear_faults();
        stage.simulator.set_fault(FaultRule::new(fault).delay(Duration::from_secs(77)).times(1));
        let started = tokio::time::Instant::now();
        match fault {
            Fault::CutShort | Fault::Reset => {
                let body = stage.send("GET", SKILLS, Some("andes-token")).await.into_body();
                let pieces: Vec<_> = StreamExt::collect(body.into_data_stream()).await;
                assert_eq!(pieces.len(), if fault == Fault::Reset { 1 } else { 2 });
                assert!(pieces.last().is_some_and(Result::is_err), "{}", fault.name());
            }
            Fault::TooLarge => {
                let body = stage.send("GET", SKILLS, Some("andes-token")).await.into_body();
                let read = |so_far, piece: Result<bytes::Bytes, _>| async move { so_far + piece.unwrap().len() };
                let size = body.into_data_stream().fold(0, read).await;
                assert!(size > 256 * 1024 * 1024, "{size}");
            }
            Fault::Hang => {
                let hanging = tokio::time::timeout(Duration::from_hours(1), stage.andes(SKILLS)).await;
                assert!(hanging.is_err());
            }
            fault => check_fault(fault, &stage.andes(SKILLS).await, &right, started.elapsed()),
        }
        let told = stage.andes(SKILLS).await;
        assert_eq!(told.body, right.body, "{} happened more than once", fault.name());
    }
}

fn check_fault(fault: Fault, told: &Told, right: &Told, after: Duration) {
    let (status, words) = match fault {
        Fault::Auth => (403, "VALIDATE TOKEN"),
        Fault::AuthInSpanish => (403, "VALIDE EL TOKEN"),
        Fault::Quota => (403, "TOKEN LIMIT EXCEEDED"),
        Fault::QuotaInSpanish => (403, "LÍMITE DE CONSUMO DEL TOKEN"),
        Fault::QuotaIn200 => (200, "TOKEN LIMIT EXCEEDED"),
        Fault::Concurrency => (403, "SIMULTANEOUS"),
        Fault::ConcurrencyInSpanish => (403, "SIMULTÁNEAS"),
        Fault::Maintenance => (403, "MAINTENANCE"),
        Fault::MaintenanceInSpanish => (403, "MANTENIMIENTO"),
        Fault::BadRequest => (400, "DOES NOT EXIST"),
        Fault::NoData => (404, "Validate dates entered"),
        Fault::Http500 => (500, "Internal Server Error"),
        Fault::TooManyRequests => (429, "TOO MANY REQUESTS"),
        Fault::Html => (200, "<html>"),
        Fault::NotJson => (200, "mysqli_connect()"),
        Fault::DataString => (200, "\"data\": \"Validate dates entered\""),
        Fault::WrongShape => (200, "null,\n        true\n"),
        Fault::EndlessNesting => (200, "[[[[[[[["),
        Fault::BareArray => (200, "[\n    {\n        \"skill_id\": \"4101\""),
        Fault::Slow => (200, "Ventas"),
        Fault::Redirect => (302, "302 Found"),
        Fault::Empty | Fault::Gzip => (200, ""),
        Fault::CutShort | Fault::TooLarge | Fault::Hang | Fault::Reset => unreachable!("read piece by piece"),
    };
    assert_eq!(told.status.as_u16(), status, "{}", fault.name());
    match fault {
        Fault::Gzip => {
            assert_eq!(told.headers["content-encoding"], "gzip");
            let mut plain = Vec::new();
            std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&told.body[..]), &mut plain).unwrap();
            assert_eq!(plain, right.body);
        }
        Fault::Empty => assert!(told.body.is_empty()),
        _ => assert!(told.text().contains(words), "{}: {}", fault.name(), told.text()),
    }
    match fault {
        Fault::TooManyRequests => assert_eq!(told.headers["retry-after"], "77"),
        Fault::Redirect => assert_eq!(told.headers["location"], "https://wv0000.wolkvox.example/"),
        Fault::Slow => assert_eq!(after, Duration::from_secs(78), "the latency, and the delay"),
        _ => {}
    }
}

#[tokio::test(start_paused = true)]
async fn faults_are_set_narrowed_and_cleared_over_http() {
    let stage = stage();
    let put = async |query: &str| stage.send("PUT", &format!("/-/faults?{query}"), None).await.status();
    assert_eq!(put("report=skills&fault=http-500&times=2&token=andes-token").await, StatusCode::NO_CONTENT);
    for (mistake, is_about) in [
        ("report=skills&fault=sabotage", "sabotage"),
        ("report=queues&fault=html", "queues"),
        ("fault=html&operation=alps", "alps"),
    ] {
        let told = stage.send("PUT", &format!("/-/faults?{mistake}"), None).await;
        assert_eq!(told.status(), StatusCode::BAD_REQUEST);
        let body = told.into_body().collect().await.unwrap().to_bytes();
        assert!(String::from_utf8_lossy(&body).contains(is_about));
    }
    let status = async |path: &str, token: &str| stage.ask(path, Some(token)).await.status.as_u16();
    assert_eq!(status(SKILLS, "luzon-token").await, 200, "another operation");
    assert_eq!(status(&path(&reports::ALL[1], "20260605"), "andes-token").await, 200, "another report");
    assert_eq!(status(SKILLS, "andes-token").await, 500);
    assert_eq!(stage.ask("/-/faults", None).await.json()["set"][0]["times"], 1);
    assert_eq!(status(SKILLS, "andes-token").await, 500);
    assert_eq!(status(SKILLS, "andes-token").await, 200, "twice was all");

    assert_eq!(put("report=all&fault=maintenance-es").await, StatusCode::NO_CONTENT);
    assert_eq!(put("report=skills&fault=no-data").await, StatusCode::NO_CONTENT);
    assert_eq!(status(SKILLS, "andes-token").await, 404, "the newest that fits");
    assert_eq!(status(&path(&reports::ALL[1], "20260605"), "luzon-token").await, 403);
    assert_eq!(stage.send("DELETE", "/-/faults", None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(status(SKILLS, "andes-token").await, 200);

    let requests = stage.ask("/-/requests", None).await;
    assert_eq!(requests.json()[0]["operation"], "andes");
    assert_eq!(requests.json()[0]["requests"]["skills"], 5);
    assert!(!requests.text().contains("token\""), "the token is told to nobody");
}

/// What a plain HTTP/1.1 client reads until the connection ends.
async fn raw(stage: &Stage) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut server = JoinSet::new();
    let router = stage.simulator.router();
    server.spawn(async move { axum::serve(listener, router).await });
    let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
    let request =
        format!("GET {SKILLS} HTTP/1.1\r\nHost: here\r\nWolkvox-Token: andes-token\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    let _ = socket.read_to_end(&mut read).await;
    String::from_utf8(read).unwrap()
}

#[tokio::test]
async fn a_broken_connection_is_one_on_a_real_socket() {
    let stage = stage_with(Duration::ZERO);
    let whole = raw(&stage).await;
    assert!(whole.contains("transfer-encoding: chunked"), "{whole}");
    assert!(whole.ends_with("\r\n0\r\n\r\n"), "{whole}");
    stage.simulator.set_fault(FaultRule::new(Fault::CutShort).times(1));
    let cut = raw(&stage).await;
    assert!(cut.starts_with("HTTP/1.1 200 OK") && cut.contains("Ventas"), "{cut}");
    assert!(!cut.contains("\r\n0\r\n\r\n"), "{cut}");
    stage.simulator.set_fault(FaultRule::new(Fault::Reset).times(1));
    let reset = raw(&stage).await;
    assert_eq!(reset, "", "not even a status line");
}
