//! However an answer is cut into pieces on its way, it says the same: rows that are read where they lie, and rows that are
//! put together first.

use std::collections::BTreeSet;

use axum::Router;
use axum::body::Body;
use futures_util::stream;
use wolkvox_exporter::upstream::{Answered, Cause, Reply, Tally, Transport};
use yardstick::answers::{self, Edition, Shape};
use yardstick::calls::{Blocks, Calls, Spelling};

use crate::asking::{ask_over, in_pieces};

/// Asks a wolkvox that sends this body in pieces of so many bytes.
async fn ask(report: &str, body: &[u8], piece: usize) -> (Reply, BTreeSet<String>) {
    let pieces = in_pieces(body, piece);
    let send = async move || Body::from_stream(stream::iter(pieces));
    ask_over(Transport::Router(Router::new().fallback(send)), report, "http://wolkvox.test").await
}

/// Asks with pieces of every kind of size, and answers what is the same for all.
async fn ask_in_pieces(report: &str, body: &[u8]) -> (Reply, BTreeSet<String>) {
    let (whole, lines) = ask(report, body, body.len().max(1)).await;
    for piece in [1, 13, 500, 4096] {
        let (reply, in_pieces) = ask(report, body, piece).await;
        // Of an answer that breaks, more or less has come by then.
        let tally = Tally { bytes: whole.tally.bytes, ..reply.tally };
        assert_eq!((&reply.outcome, &tally), (&whole.outcome, &whole.tally), "{report} in pieces of {piece}");
        assert_eq!(in_pieces, lines, "{report} in pieces of {piece}");
    }
    (whole, lines)
}

#[tokio::test]
async fn pieces_of_any_size_measure_the_same() {
    let shape = Shape { agents: 4, pool: 4, skills: 5, calls: 96 };
    let edition = Edition { day: "2026-06-05", seed: 1, generation: 0 };
    for (report, body, rows) in [
        ("skills", answers::skills(shape, edition).into_bytes(), 5),
        ("agents", answers::agents(shape, edition).into_bytes(), 96),
        ("ivr_calls", Calls::of_rows(Blocks::new(1, Spelling::Indented), 96).text(), 96),
    ] {
        let (reply, lines) = ask_in_pieces(report, &body).await;
        assert_eq!((reply.outcome, reply.tally.rows), (Ok(Answered::Data), rows), "{report}");
        assert!(lines.len() > 20, "{report}: {lines:?}");
        // Without a blank, which is another way to write the same.
        let value: serde_json::Value = serde_json::from_slice(&body).expect("an answer is JSON");
        let (_, dense) = ask_in_pieces(report, value.to_string().as_bytes()).await;
        assert_eq!(dense, lines, "{report}");
    }
}

#[tokio::test]
async fn rows_that_are_not_written_alike_count_as_much() {
    let rows = [
        r#"{"conn_id": "1", "rp_id": "7", "time_on_rp": "00:00:10"}"#,
        r#"{"conn_id": "2", "rp_id": "7", "time_on_rp": "00:00:20"}"#,
        r#"{"conn_id": "3", "RP_ID": "7", "time_on_rp": "00:00:30"}"#,
        r#"{"rp_id": 7, "conn_id": 4, "time_on_rp": 4e1}"#,
        r#"{"conn_\u0069d": "5", "rp_id": "7", "more": [{"conn_id": "}"}]}"#,
        r#"{"conn_id": "6", "rp_id": "7", "more": "\u00e9\"", "conn_id": "7"}"#,
        r#"{"conn_id": "6", "rp_id": "7", "more": "\u00e9\"", "conn_id": "8"}"#,
        r#"{"conn_id": "9", "rp_id": "-", "more": "", "conn_id": "-"}"#,
        "[1]",
        "{}",
    ];
    let body = format!("{{\"code\": 200, \"data\": [{}]}}", rows.join(", "));
    let (reply, lines) = ask_in_pieces("ivr_calls", body.as_bytes()).await;
    assert_eq!(reply.outcome, Ok(Answered::Data));
    // Without an id are the row before the last ones and the empty one; a list is none.
    assert_eq!((reply.tally.rows, reply.tally.rejected.iter().sum::<u64>(), reply.tally.unknown_fields), (10, 4, 4));
    let told = |series: &str| crate::asking::value(&lines, series);
    assert_eq!(
        told("wolkvox_ivr_calls_total{operation=\"acme\",routing_point_id=\"7\",outcome=\"contained\"}"),
        Some(6.0)
    );
    // An exponent is no way to write a duration.
    assert_eq!(told("wolkvox_ivr_duration_seconds_sum{operation=\"acme\",routing_point_id=\"7\"}"), Some(60.0));
}

#[tokio::test]
async fn an_old_encoding_among_the_rows_costs_its_letters_only() {
    let row = |id: &str| format!("{{\"conn_id\": \"{id}\", \"rp_id\": \"7\", \"agent_name\": \"Mar?a\"}}");
    let mut body = format!("[{}, {}, {}]", row("1"), row("2"), row("3")).into_bytes();
    for byte in &mut body {
        if *byte == b'?' {
            *byte = 0xED;
        }
    }
    let (reply, lines) = ask_in_pieces("ivr_calls", &body).await;
    assert_eq!((reply.outcome, reply.tally.rejected.iter().sum::<u64>()), (Ok(Answered::Data), 0));
    let calls = "wolkvox_ivr_calls_total{operation=\"acme\",routing_point_id=\"7\",outcome=\"contained\"}";
    assert_eq!(crate::asking::value(&lines, calls), Some(3.0));
}

#[tokio::test]
async fn a_broken_row_behind_good_ones_breaks_the_answer() {
    let good = "{\"conn_id\": \"1\", \"rp_id\": \"7\"}";
    for (broken, expected) in [
        ("{\"conn_id\": \"1\", \"rp_id\": \"7\t\"}".to_owned(), Cause::NotJson),
        ("{\"conn_id\": \"1\", \"rp_id\": \"\\x\"}".to_owned(), Cause::NotJson),
        ("{\"conn_id\": \"1\", \"rp_id\": 07}".to_owned(), Cause::NotJson),
        ("{\"conn_id\": \"1\", \"rp_id\": \"7\"".to_owned(), Cause::NotJson),
        ("{\"conn_id\": \"1\", \"rp_id\": \"7\"}}".to_owned(), Cause::NotJson),
        (format!("{{\"conn_id\": \"1\", \"rp_id\": {}", "[".repeat(70)), Cause::BadShape),
    ] {
        let (reply, _) = ask_in_pieces("ivr_calls", format!("[{good}, {good}, {broken}]").as_bytes()).await;
        assert_eq!(reply.outcome.map_err(|trouble| trouble.cause()), Err(expected), "{broken}");
    }
}

#[tokio::test]
async fn an_answer_of_too_many_calls_is_asked_for_in_halves() {
    let body = |rows: usize, ids: usize| {
        let rows: Vec<_> = (0..rows).map(|row| format!("{{\"conn_id\":\"{}\",\"rp_id\":\"7\"}}", row % ids)).collect();
        format!("[{}]", rows.join(",")).into_bytes()
    };
    let (reply, _) = ask("ivr_calls", &body(300_000, 60_000), 32 << 10).await;
    assert_eq!((reply.outcome, reply.tally.rows), (Ok(Answered::Data), 300_000));
    let (reply, _) = ask("ivr_calls", &body(900_000, 900_000), 32 << 10).await;
    assert_eq!(reply.outcome, Ok(Answered::Cut));
    // It was not read to its end.
    assert!((800_000..802_000).contains(&reply.tally.rows), "{}", reply.tally.rows);
}

#[tokio::test]
async fn an_answer_about_more_than_any_contact_centre_has_is_not_read_to_its_end() {
    for (report, row) in [
        ("skills", "{\"skill_id\":\"#\",\"stat_inbound\":\"1\"}"),
        ("agents", "{\"agent_id\":\"#\",\"hour\":\"8\",\"login_time\":\"00:01:00\"}"),
        ("closed_interactions", "{\"agent_name\":\"A\",\"cod_act\":\"#\",\"interactions\":\"1\"}"),
    ] {
        let rows: Vec<_> = (0..150_000).map(|id| row.replace('#', &format!("{id:0>60}"))).collect();
        let (reply, _) = ask(report, format!("[{}]", rows.join(",")).as_bytes(), 32 << 10).await;
        assert_eq!(reply.outcome.map_err(|trouble| trouble.cause()), Err(Cause::TooLarge), "{report}");
        assert!(reply.tally.rows < 120_000, "{report}: {} rows", reply.tally.rows);
    }
}
