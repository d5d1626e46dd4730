//! Clients of one large answer: one that throws the body away, which is the limit, and one that holds all of it in
//! structs of its own, which is what one writes first.

use std::collections::BTreeMap;

use anyhow::{anyhow, ensure};
use flate2::{Decompress, FlushDecompress, Status};
use http::header;
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use crate::flags::Flags;
use crate::say;

/// An answer with everything in it.
#[derive(Deserialize)]
struct Answer {
    data: Vec<Call>,
}

/// A call with everything in it, as far as anybody needs it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Call {
    conn_id: String,
    time_on_rp: String,
    end_date_rp: String,
    rp_id: String,
    ani: String,
    customer_id: String,
    time_on_skill: String,
    skill_id: String,
    skill_result: String,
    go_to_agent: String,
    agent_id: String,
    agent_name: String,
    time_with_agent: String,
    cod_act: String,
    cod_act_2: String,
    type_interaction: String,
    #[serde(rename = "Total_time ")]
    total_time: String,
}

/// Reads an answer and throws it away.
pub(crate) async fn discard(flags: &Flags) -> anyhow::Result<()> {
    let response = ask(flags).await?;
    let begun = Instant::now();
    let mut bytes = 0;
    read(response, |piece| bytes += piece.len()).await?;
    tell(begun, bytes, 0);
    Ok(())
}

/// Reads an answer whole, then all of its rows, then folds them.
pub(crate) async fn whole(flags: &Flags) -> anyhow::Result<()> {
    let response = ask(flags).await?;
    let begun = Instant::now();
    let mut body = Vec::new();
    read(response, |piece| body.extend_from_slice(piece)).await?;
    let answer: Answer = serde_json::from_slice(&body)?;
    let mut folded: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for call in &answer.data {
        *folded.entry((&call.rp_id, &call.skill_id, &call.skill_result)).or_default() += call.weight();
    }
    tell(begun, body.len(), folded.len());
    Ok(())
}

impl Call {
    /// Looks at every field, so that none is left out.
    fn weight(&self) -> usize {
        let read = [
            &self.conn_id,
            &self.time_on_rp,
            &self.end_date_rp,
            &self.ani,
            &self.customer_id,
            &self.time_on_skill,
            &self.go_to_agent,
            &self.agent_id,
            &self.agent_name,
            &self.time_with_agent,
            &self.cod_act,
            &self.cod_act_2,
            &self.type_interaction,
            &self.total_time,
        ];
        read.into_iter().filter(|field| !field.is_empty()).count()
    }
}

/// Reads a body to its end and unpacks it where it is packed, as the exporter does: by its library, and as much at once.
async fn read(mut response: reqwest::Response, mut take: impl FnMut(&[u8])) -> anyhow::Result<()> {
    let is_packed = response.headers().contains_key(header::CONTENT_ENCODING);
    let (mut inflate, mut room) = (Decompress::new_gzip(15), vec![0; 64 << 10]);
    while let Some(piece) = response.chunk().await? {
        if !is_packed {
            take(&piece);
            continue;
        }
        let mut packed = &piece[..];
        loop {
            let (read, written) = (inflate.total_in(), inflate.total_out());
            let status = inflate.decompress(packed, &mut room, FlushDecompress::None)?;
            packed = packed.get(usize::try_from(inflate.total_in() - read)?..).unwrap_or_default();
            let length = usize::try_from(inflate.total_out() - written)?;
            take(room.get(..length).unwrap_or_default());
            if length == 0 || status == Status::StreamEnd {
                break;
            }
        }
    }
    Ok(())
}

async fn ask(flags: &Flags) -> anyhow::Result<reqwest::Response> {
    rustls::crypto::ring::default_provider().install_default().map_err(|_| anyhow!("there is a provider already"))?;
    let client = reqwest::Client::builder().no_proxy().tcp_nodelay(true).build()?;
    let response = client
        .get(flags.text("url")?)
        .header("wolkvox-token", "bench")
        .header(header::ACCEPT_ENCODING, "gzip")
        .send()
        .await?;
    ensure!(response.status().is_success(), "status {}", response.status());
    Ok(response)
}

fn tell(begun: Instant, bytes: usize, folded: usize) {
    let seconds = begun.elapsed().as_secs_f64();
    say(&json!({ "seconds": seconds, "bytes": bytes, "folded": folded }).to_string());
}
