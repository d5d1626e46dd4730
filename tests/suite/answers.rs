//! Every answer that wolkvox, or something in its place, can give, over real HTTP: data, *nothing happened*, or one cause.

use std::io::Write as _;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wiremock::matchers::{any, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};
use wolkvox_exporter::report::{Absorbed, Absorbing, Ask};
use wolkvox_exporter::reports;
use wolkvox_exporter::upstream::{Answered, Cause, Retry, Transport};

use crate::asking::{TOKEN, ask, ask_into, ask_over};

/// Asks for skills at a server that always answers so.
async fn answered(template: ResponseTemplate) -> Result<Answered, Cause> {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(template).mount(&server).await;
    ask("skills", &server.uri()).await.0.outcome.map_err(|trouble| trouble.cause())
}

fn refusal(status: u16, error: &str, msg: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({"code": status.to_string(), "error": error, "msg": msg}))
}

#[tokio::test]
async fn each_outcome_has_its_cause() {
    let page = "<!DOCTYPE html><html><body>wolkvox</body></html>";
    let json = |text: &str| ResponseTemplate::new(200).set_body_raw(text.to_owned(), "application/json");
    for (name, template, expected) in [
        ("data", json(r#"{"code":"0","data":[{"skill_id":"1"}]}"#), Ok(Answered::Data)),
        ("a bare list", json(r#"[{"skill_id":"1"}]"#), Ok(Answered::Data)),
        ("one object", json(r#"{"code":"","data":{"skill_id":"1"}}"#), Ok(Answered::Data)),
        ("an empty list", json(r#"{"code":200,"data":[]}"#), Ok(Answered::Data)),
        ("null data", json(r#"{"code":200,"data":null}"#), Ok(Answered::Nothing)),
        ("no data", json(r#"{"code":200,"msg":"0 records were found"}"#), Ok(Answered::Nothing)),
        ("nothing happened", refusal(404, "Not Found", "Validate dates entered"), Ok(Answered::Nothing)),
        ("another 404", ResponseTemplate::new(404).set_body_string(page), Err(Cause::HttpStatus)),
        ("an empty 404", ResponseTemplate::new(404), Err(Cause::HttpStatus)),
        ("a wrong token", refusal(403, "FORBIDDEN", "PLEASE VALIDATE TOKEN"), Err(Cause::Auth)),
        ("no token", refusal(401, "UNAUTHORIZED", "PLEASE ENTER THE WOLKVOX-TOKEN"), Err(Cause::Auth)),
        ("the quota", refusal(403, "FORBIDDEN", "TOKEN LIMIT EXCEEDED"), Err(Cause::Quota)),
        (
            "concurrency",
            refusal(403, "FORBIDDEN", "EXCEEDS THE LIMIT OF SIMULTANEOUS REQUESTS PER TOKEN (2)"),
            Err(Cause::Concurrency),
        ),
        ("maintenance", refusal(403, "FORBIDDEN", "Servidor en mantenimiento"), Err(Cause::Forbidden)),
        ("a 403 page", ResponseTemplate::new(403).set_body_string(page), Err(Cause::Forbidden)),
        (
            "an unknown report",
            refusal(400, "BAD REQUEST", "THE API YOU WANT TO CONSULT DOES NOT EXIST"),
            Err(Cause::BadRequest),
        ),
        (
            "a refusal in disguise",
            json(r#"{"code":"403","error":"FORBIDDEN","msg":"TOKEN LIMIT EXCEEDED"}"#),
            Err(Cause::Quota),
        ),
        ("500", ResponseTemplate::new(500), Err(Cause::HttpStatus)),
        ("502", ResponseTemplate::new(502).set_body_string(page), Err(Cause::HttpStatus)),
        ("429", ResponseTemplate::new(429), Err(Cause::HttpStatus)),
        ("a page", ResponseTemplate::new(200).set_body_string(page), Err(Cause::NotJson)),
        ("no body", ResponseTemplate::new(200), Err(Cause::NotJson)),
        ("half a body", json(r#"{"code":200,"data":[{"skill_id":"1"},{"sk"#), Err(Cause::NotJson)),
        ("a broken row", json(r#"{"code":200,"data":[{"skill_id":"1",},{}]}"#), Err(Cause::NotJson)),
        ("a row that is no JSON", json(r#"{"code":200,"data":[{"skill_id":"1"},oops]}"#), Err(Cause::NotJson)),
        ("data as a string", json(r#"{"code":200,"data":"[]"}"#), Err(Cause::BadShape)),
        ("another shape", json(r#"{"rows":[]}"#), Err(Cause::BadShape)),
        ("a single value", json("42"), Err(Cause::BadShape)),
        ("a list without a row", json(r#"{"code":200,"data":[[],"x",3,null]}"#), Err(Cause::BadShape)),
        ("endless nesting", json(&format!(r#"{{"data":[{}"#, "[".repeat(100_000))), Err(Cause::BadShape)),
    ] {
        assert_eq!(answered(template).await, expected, "{name}");
    }
}

#[tokio::test]
async fn the_question_is_what_wolkvox_understands() {
    let server = MockServer::start().await;
    let empty = ResponseTemplate::new(200).set_body_json(json!({"code": 200, "data": []}));
    Mock::given(method("GET"))
        .and(path("/api/v2/customer.php"))
        .and(query_param("api", "agents_statustime"))
        .and(query_param("date_ini", "20260605000000"))
        .and(query_param("date_end", "20260605123015"))
        .and(header("wolkvox-token", TOKEN))
        .respond_with(empty.clone())
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path("/api/v2/real_time.php"))
        .and(query_param("api", "skills"))
        .and(query_param("skill_id", "all"))
        .respond_with(empty)
        .expect(1)
        .mount(&server)
        .await;
    assert!(ask("agents", &server.uri()).await.0.outcome.is_ok());
    assert!(ask("skills", &server.uri()).await.0.outcome.is_ok());
    for request in server.received_requests().await.unwrap() {
        assert!(!request.url.as_str().contains(TOKEN));
    }
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_the_token_stays_here() {
    let elsewhere = MockServer::start().await;
    for status in [301, 302, 307, 308] {
        let target = format!("{}/api/v2/real_time.php?api=skills", elsewhere.uri());
        let template = ResponseTemplate::new(status).insert_header("location", target.as_str());
        assert_eq!(answered(template).await, Err(Cause::HttpStatus), "{status}");
    }
    assert_eq!(elsewhere.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_pause_that_the_server_asks_for_is_kept_and_bounded() {
    for (asked, expected) in
        [("7", Some(7)), ("86400", Some(300)), ("9999999999999999999999999", Some(300)), ("soon", None), ("-1", None)]
    {
        let server = MockServer::start().await;
        let template = ResponseTemplate::new(429).insert_header("retry-after", asked);
        Mock::given(any()).respond_with(template).mount(&server).await;
        let trouble = ask("skills", &server.uri()).await.0.outcome.unwrap_err();
        assert_eq!(trouble.retry(), Retry::Soon);
        assert_eq!(trouble.retry_after(), expected.map(Duration::from_secs), "{asked}");
    }
}

#[tokio::test]
async fn compressed_answers_are_read() {
    let body = br#"{"code":200,"data":[{"skill_id":"1","stat_inbound":"5"}]}"#;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(body).unwrap();
    let packed = encoder.finish().unwrap();
    let server = MockServer::start().await;
    let template = ResponseTemplate::new(200).insert_header("content-encoding", "gzip").set_body_bytes(packed.clone());
    Mock::given(any()).respond_with(template).mount(&server).await;
    let (reply, lines) = ask("skills", &server.uri()).await;
    assert_eq!(reply.outcome, Ok(Answered::Data));
    assert!(lines.contains(r#"wolkvox_skill_inbound_calls_total{operation="acme",skill_id="1"} 5"#), "{lines:?}");

    let corrupt = ResponseTemplate::new(200)
        .insert_header("content-encoding", "gzip")
        .set_body_bytes(b"not gzip at all".to_vec());
    assert_eq!(answered(corrupt).await, Err(Cause::NotJson));
    let half = ResponseTemplate::new(200)
        .insert_header("content-encoding", "gzip")
        .set_body_bytes(packed[..packed.len() / 2].to_vec());
    assert!(answered(half).await.is_err());
}

/// A server that reads one request, writes these bytes as often as told, and closes.
async fn raw(start: &'static str, again: Vec<u8>, times: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = socket.read(&mut request).await;
        let _ = socket.write_all(start.as_bytes()).await;
        for _ in 0..times {
            if socket.write_all(&again).await.is_err() {
                return;
            }
        }
    });
    url
}

async fn cause_of(url: &str) -> Option<Cause> {
    ask("skills", url).await.0.outcome.err().map(|trouble| trouble.cause())
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_a_broken_connection() {
    let declared = raw("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{\"code\":200,\"data\":[", vec![], 0).await;
    assert_eq!(cause_of(&declared).await, Some(Cause::Connect));
    let chunked = raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n[{}]\n\r\n", vec![], 0).await;
    assert_eq!(cause_of(&chunked).await, Some(Cause::Connect));
    let silent = raw("", vec![], 0).await;
    assert_eq!(cause_of(&silent).await, Some(Cause::Connect));
}

#[tokio::test]
async fn what_is_not_http_or_not_there_has_its_cause() {
    let nonsense = raw("SSH-2.0-OpenSSH_9.2\r\n\r\n", vec![], 0).await;
    assert_eq!(cause_of(&nonsense).await, Some(Cause::Other));
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    assert_eq!(cause_of(&nobody).await, Some(Cause::Connect));
    let plain = raw("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n", vec![], 0).await;
    assert_eq!(cause_of(&plain.replace("http://", "https://")).await, Some(Cause::Tls));
}

#[tokio::test]
async fn streams_without_end_are_given_up() {
    let megabyte = vec![b'x'; 1 << 20];
    let body = raw("HTTP/1.1 200 OK\r\n\r\n{\"code\":200,\"unknown\":\"", megabyte.clone(), 400).await;
    assert_eq!(cause_of(&body).await, Some(Cause::TooLarge));
    let row = raw("HTTP/1.1 200 OK\r\n\r\n{\"code\":200,\"data\":[{\"skill_name\":\"", megabyte.clone(), 400).await;
    assert_eq!(cause_of(&row).await, Some(Cause::TooLarge));
    let key = raw("HTTP/1.1 200 OK\r\n\r\n{\"", megabyte, 400).await;
    assert_eq!(cause_of(&key).await, Some(Cause::TooLarge));
    let rows = b"{},".repeat(1_400_000);
    let empty = raw("HTTP/1.1 200 OK\r\n\r\n{\"code\":200,\"data\":[", rows, 60).await;
    let (reply, _) = ask("skills", &empty).await;
    assert_eq!(reply.outcome.unwrap_err().cause(), Cause::TooLarge);
    assert!(reply.tally.rows < 18_000_000, "{} rows were read", reply.tally.rows);
}

#[tokio::test]
async fn an_answer_at_the_limit_of_rows_may_be_cut_and_is_not_believed() {
    for (rows, expected) in [(59_999, Answered::Data), (60_000, Answered::Cut), (60_001, Answered::Data)] {
        let server = MockServer::start().await;
        let rows: Vec<_> = (0..rows).map(|id| json!({"conn_id": id, "rp_id": 1, "agent_id": id, "hour": 8})).collect();
        let template = ResponseTemplate::new(200).set_body_json(json!({"code": 200, "data": rows}));
        Mock::given(any()).respond_with(template).mount(&server).await;
        let (reply, _) = ask("ivr_calls", &server.uri()).await;
        assert_eq!(reply.outcome, Ok(expected));
        // What is no list of events cannot be asked for in halves.
        for report in ["agents", "closed_interactions"] {
            let (reply, _) = ask(report, &server.uri()).await;
            let is_believed = reply.outcome.map_err(|trouble| trouble.cause());
            assert_eq!(
                is_believed,
                if expected == Answered::Cut { Err(Cause::TooLarge) } else { Ok(expected) },
                "{report}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_slower_than_a_minute_is_given_up() {
    let hang = axum::Router::new().fallback(async || std::future::pending::<&'static str>().await);
    let (reply, _) = ask_over(Transport::Router(hang), "skills", "http://wolkvox.test").await;
    assert_eq!(reply.outcome.unwrap_err().cause(), Cause::Timeout);
    assert_eq!(reply.duration, Duration::from_mins(1));

    let drip = axum::Router::new().fallback(async || {
        let dripping = futures_util::stream::unfold((), async |()| {
            tokio::time::sleep(Duration::from_secs(10)).await;
            Some((Ok::<_, std::io::Error>(bytes::Bytes::from_static(b" ")), ()))
        });
        axum::body::Body::from_stream(dripping)
    });
    let (reply, _) = ask_over(Transport::Router(drip), "skills", "http://wolkvox.test").await;
    assert_eq!(reply.outcome.unwrap_err().cause(), Cause::Timeout);
}

#[tokio::test]
async fn while_a_large_answer_is_read_others_have_their_turn() {
    const PIECES: usize = 50;
    const ROWS: usize = 20_000;
    let large = axum::Router::new().fallback(async || {
        let head = bytes::Bytes::from_static(br#"{"data":[{"conn_id":"1","rp_id":"7"}"#);
        let piece = bytes::Bytes::from(r#",{"conn_id":"1","rp_id":"7"}"#.repeat(ROWS));
        let pieces = std::iter::once(head).chain(std::iter::repeat_n(piece, PIECES)).chain(["]}".into()]);
        axum::body::Body::from_stream(futures_util::stream::iter(pieces.map(Ok::<_, std::io::Error>)))
    });
    let mut asking = std::pin::pin!(ask_over(Transport::Router(large), "ivr_calls", "http://wolkvox.test"));
    let mut turns = 0;
    let (reply, _) = loop {
        tokio::select! {
            biased;
            answered = &mut asking => break answered,
            () = std::future::ready(()) => turns += 1,
        }
    };
    assert_eq!(reply.tally.rows, (PIECES * ROWS) as u64 + 1);
    assert!(turns >= PIECES, "{turns}");
}

/// Facts that only note how often an answer was over.
#[derive(Debug, Default)]
struct Over(u32);

impl Absorbing for Over {
    fn absorb(&mut self, _json: &str, _ask: &Ask) -> Result<Absorbed, serde_json::Error> {
        assert_eq!(self.0, 0, "a row behind the end");
        Ok(Absorbed { unknown_fields: 0, rejection: None })
    }

    fn answer_is_over(&mut self) {
        self.0 += 1;
    }
}

#[tokio::test(start_paused = true)]
async fn facts_hear_once_that_an_answer_is_over_however_it_ends() {
    let report = reports::named("skills").expect("a report of that name");
    let row = r#"{"skill_id":"1"}"#;
    for body in [format!("[{row},{row}]"), format!("[{row},"), format!("[{row}]x"), String::new()] {
        let answers = axum::Router::new().fallback(async move || body);
        let (_, facts) = ask_into(Over::default(), Transport::Router(answers), report, "http://wolkvox.test").await;
        assert_eq!(facts.0, 1);
    }
    let hang = axum::Router::new().fallback(async || std::future::pending::<&'static str>().await);
    let (_, facts) = ask_into(Over::default(), Transport::Router(hang), report, "http://wolkvox.test").await;
    assert_eq!(facts.0, 1);
}

#[tokio::test]
async fn troubles_tell_neither_the_token_nor_the_answer() {
    let secret = format!("customer 573001234567 {TOKEN}");
    for (status, body) in [
        (403, json!({"code": "403", "error": "FORBIDDEN", "msg": secret})),
        (400, json!({"code": "400", "error": secret, "msg": secret})),
        (500, json!({"msg": secret})),
        (200, json!({"data": secret})),
        (200, json!({"error": secret})),
    ] {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(status).set_body_json(body)).mount(&server).await;
        let trouble = ask("skills", &server.uri()).await.0.outcome.unwrap_err();
        let told = format!("{trouble} {trouble:?}");
        assert!(!told.contains("SECRET") && !told.contains("5730012"), "{told}");
    }
}
