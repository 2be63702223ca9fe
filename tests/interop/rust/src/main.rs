//! A service of async-nats, and a client of it that asks ours: see ../README.md for what it says.

use std::collections::HashMap;
use std::future::pending;
use std::time::Duration;

use async_nats::service::{Info, PingResponse, ServiceExt, Stats, error};
use async_nats::{Client, Message};
use futures_util::StreamExt;
use serde_json::{Map, Value, json};

type Outcome = Result<Value, Box<dyn std::error::Error + Send + Sync>>;

const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, url, names @ ..] = &arguments[..] else {
        eprintln!("usage: peer service URL | client URL CHECK...");
        std::process::exit(2);
    };
    let client = async_nats::connect(url).await.expect("cannot connect");
    if mode == "service" {
        serve(client).await.expect("the service has ended");
        return;
    }
    let mut failed = false;
    for name in names {
        let line = match check(&client, name).await {
            Ok(got) => json!({"check": name, "got": got}),
            Err(thrown) => {
                failed = true;
                json!({"check": name, "failed": thrown.to_string()})
            }
        };
        println!("{line}");
    }
    if failed {
        std::process::exit(1);
    }
}

async fn serve(client: Client) -> Result<(), async_nats::Error> {
    let service = client
        .service_builder()
        .description("a peer in rust")
        .metadata(HashMap::from([("language".to_string(), "rust".to_string())]))
        .start("PeerRust", "1.0.0")
        .await?;
    let group = service.group("peer");
    let form = HashMap::from([("form".to_string(), "json".to_string())]);
    let mut echo = group.endpoint_builder().name("echo").add("echo").await?;
    let mut add = group.endpoint_builder().name("add").metadata(form).add("add").await?;
    let mut fail = group.endpoint_builder().name("fail").queue_group("failures").add("fail").await?;
    client.flush().await?;
    println!("READY");
    loop {
        tokio::select! {
            Some(request) = echo.next() => request.respond(Ok(request.message.payload.clone())).await?,
            Some(request) = add.next() => {
                let given: Value = serde_json::from_slice(&request.message.payload)?;
                let sum = given["a"].as_i64().unwrap_or(0) + given["b"].as_i64().unwrap_or(0);
                request.respond(Ok(json!({"sum": sum}).to_string().into())).await?;
            }
            Some(request) = fail.next() => {
                let status = "no such thing".to_string();
                request.respond(Err(error::Error { code: 404, status })).await?;
            }
            else => pending::<()>().await,
        }
    }
}

async fn check(client: &Client, name: &str) -> Outcome {
    match name {
        "ping" => ping(client).await,
        "info" => info(client).await,
        "stats" => stats(client).await,
        "endpoint" => Ok(json!({"body": text(&client.request("echo", "hello".into()).await?)})),
        "typed" => {
            let reply = client.request("add", json!({"a": 2, "b": 3}).to_string().into()).await?;
            Ok(serde_json::from_slice(&reply.payload)?)
        }
        "error" => {
            let reply = client.request("fail", "".into()).await?;
            Ok(json!({"code": header(&reply, "Nats-Service-Error-Code"), "text": header(&reply, "Nats-Service-Error"),
                      "body": text(&reply)}))
        }
        "event" => {
            client.publish("note", "published".into()).await?;
            Ok(json!({"body": text(&client.request("note", "asked".into()).await?)}))
        }
        "work" => {
            client.publish("jobs.do", "published".into()).await?;
            let jetstream = async_nats::jetstream::new(client.clone());
            let ack = jetstream.publish("jobs.do", "acknowledged".into()).await?.await?;
            Ok(json!({"stream": ack.stream, "sequence": ack.sequence}))
        }
        "stream" => stream(client).await,
        _ => Err(format!("no check {name}").into()),
    }
}

async fn ping(client: &Client) -> Outcome {
    let ping: PingResponse = serde_json::from_slice(&client.request("$SRV.PING.Mote", "".into()).await?.payload)?;
    Ok(json!({"type": ping.kind, "name": ping.name, "version": ping.version, "id": ping.id, "metadata": ping.metadata}))
}

async fn info(client: &Client) -> Outcome {
    let info: Info = serde_json::from_slice(&client.request("$SRV.INFO.Mote", "".into()).await?.payload)?;
    let mut endpoints = Map::new();
    for e in info.endpoints {
        let kind = e.metadata.get("mote.kind").cloned().unwrap_or_default();
        endpoints.insert(e.name, json!({"subject": e.subject, "queue_group": e.queue_group, "kind": kind}));
    }
    Ok(json!({"type": info.kind, "description": info.description, "endpoints": endpoints}))
}

async fn stats(client: &Client) -> Outcome {
    let stats: Stats = serde_json::from_slice(&client.request("$SRV.STATS.Mote", "".into()).await?.payload)?;
    let mut endpoints = Map::new();
    for e in stats.endpoints {
        let last_error = e.last_error.map(|last| format!("{}:{}", last.code, last.status)).unwrap_or_default();
        endpoints.insert(e.name, json!({"requests": e.requests, "errors": e.errors, "last_error": last_error}));
    }
    Ok(json!({"type": stats.kind, "endpoints": endpoints}))
}

async fn stream(client: &Client) -> Outcome {
    let inbox = client.new_inbox();
    let mut replies = client.subscribe(inbox.clone()).await?;
    client.publish_with_reply("count", inbox, "3".into()).await?;
    let mut items = Vec::new();
    loop {
        let reply = tokio::time::timeout(PATIENCE, replies.next()).await?.ok_or("the subscription has ended")?;
        let end = header(&reply, "Mote-Stream-End");
        if !end.is_empty() {
            return Ok(json!({"items": items, "end": end}));
        }
        items.push(format!("{}={}", header(&reply, "Mote-Stream-Seq"), text(&reply)));
    }
}

fn text(reply: &Message) -> String {
    String::from_utf8_lossy(&reply.payload).into_owned()
}

fn header(reply: &Message, name: &str) -> String {
    let value = reply.headers.as_ref().and_then(|headers| headers.get(name));
    value.map(|value| value.to_string()).unwrap_or_default()
}
