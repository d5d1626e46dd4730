//! A harness for the built program: start it, read its log, ask it, signal it, see how it ends.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use exposition_checker::Exposition;
use serde_json::Value;

use crate::promise;

/// How long anything may take that takes a moment: generous, for machines that have other things to do.
pub(crate) const SOON: Duration = Duration::from_secs(40);

/// Any port of this machine alone.
pub(crate) const ANY_PORT: &str = "--web.listen-address=127.0.0.1:0";

/// The built program with these arguments, in an empty environment.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wolkvox-exporter"));
    command.args(arguments).env_clear();
    command
}

/// What a program that has ended leaves behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a program to its end.
#[track_caller]
pub(crate) fn run(command: Command) -> Ended {
    Running::start(command).ended(SOON)
}

/// Waits until there is something, and fails with what it is when there is none in time.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < SOON, "not within {SOON:?}: {what}");
        std::thread::sleep(Duration::from_millis(25));
    }
}

/// A program that runs, until this is dropped.
pub(crate) struct Running {
    child: Child,
    stderr: Arc<Mutex<String>>,
    readers: [JoinHandle<()>; 2],
    stdout: Arc<Mutex<String>>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (stdout, stderr) = (Arc::<Mutex<String>>::default(), Arc::<Mutex<String>>::default());
        let readers = [
            keep(child.stdout.take().unwrap(), Arc::clone(&stdout)),
            keep(child.stderr.take().unwrap(), Arc::clone(&stderr)),
        ];
        Self { child, stderr, readers, stdout }
    }

    /// The program with these arguments on a port that the system picks.
    pub(crate) fn serving(arguments: &[&str]) -> Self {
        Self::start(program(&[arguments, &[ANY_PORT]].concat()))
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line of the log that holds all of these.
    #[track_caller]
    pub(crate) fn logged(&self, parts: &[&str]) -> String {
        let holds = |line: &&str| parts.iter().all(|part| line.contains(part));
        let find = || self.log().lines().find(holds).map(str::to_owned);
        until(&format!("a log line with {parts:?} in {}", self.log()), find)
    }

    /// Where it serves, from its log.
    #[track_caller]
    pub(crate) fn url(&self) -> String {
        url_in(&self.logged(&["serving", "http://"]))
    }

    /// Where it simulates wolkvox, from its log.
    #[track_caller]
    pub(crate) fn simulated_url(&self) -> String {
        url_in(&self.logged(&["simulating wolkvox", "http://"]))
    }

    /// What is at a path.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        ask("GET", &format!("{}{path}", self.url()), &[])
    }

    /// What `/metrics` says, which keeps its promise.
    #[track_caller]
    pub(crate) fn metrics(&self) -> Exposition {
        promise::kept(&self.get("/metrics").text())
    }

    /// Waits until the metrics are as wanted.
    #[track_caller]
    pub(crate) fn metrics_once(&self, what: &str, wanted: impl Fn(&Exposition) -> bool) -> Exposition {
        until(what, || Some(self.metrics()).filter(&wanted))
    }

    /// Waits until every report was asked for.
    #[track_caller]
    pub(crate) fn ready(&self) {
        until("ready", || (self.get("/-/ready").status == 200).then_some(()));
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&self, signal: &str) {
        let words = ["-c", "kill -s \"$1\" \"$2\"", "sh", signal, &self.pid().to_string()];
        assert!(Command::new("sh").args(words).status().unwrap().success());
    }

    /// Waits until it ends by itself.
    #[track_caller]
    pub(crate) fn ended(mut self, within: Duration) -> Ended {
        let begun = Instant::now();
        let status: ExitStatus = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status,
                None if begun.elapsed() > within => panic!("runs on after {within:?}:\n{}", self.log()),
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        until("all that it wrote", || self.readers.iter().all(JoinHandle::is_finished).then_some(()));
        Ended { code: status.code(), stdout: self.stdout.lock().unwrap().clone(), stderr: self.log() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already, which is as good.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Keeps what arrives, line by line.
fn keep(from: impl Read + Send + 'static, kept: Arc<Mutex<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).unwrap() > 0 {
            kept.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    })
}

fn url_in(line: &str) -> String {
    let url = &line[line.find("http://").unwrap()..];
    url[..url.find([' ', '"', '\n']).unwrap_or(url.len())].to_owned()
}

/// What came of a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The text that a packed body unpacks to.
    pub(crate) fn unpacked(&self) -> String {
        let mut text = String::new();
        flate2::read::GzDecoder::new(&self.body[..]).read_to_string(&mut text).unwrap();
        text
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Makes one request over a connection of its own, byte by byte as given: no redirect is followed, nothing unpacked.
#[track_caller]
pub(crate) fn ask(method: &str, url: &str, headers: &[(&str, &str)]) -> Answer {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let path = if path.is_empty() { "/" } else { path };
    let headers: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let headers = headers.concat();
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n").unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut answer = Answer { status, head, body: bytes[end + 4..].to_vec() };
    if answer.header("transfer-encoding") == Some("chunked") {
        answer.body = whole(&answer.body);
    }
    answer
}

/// The pieces of a chunked body in one.
fn whole(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = chunks.iter().position(|byte| *byte == b'\r').unwrap();
        let length = usize::from_str_radix(std::str::from_utf8(&chunks[..line]).unwrap(), 16).unwrap();
        if length == 0 {
            return body;
        }
        let from = line + 2;
        body.extend(&chunks[from..from + length]);
        chunks = &chunks[from + length + 2..];
    }
}

/// A simulated wolkvox in a process of its own.
pub(crate) struct Wolkvox {
    _running: Running,
    pub(crate) url: String,
}

impl Wolkvox {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let running = Running::serving(&[&["simulate"], arguments].concat());
        let url = running.simulated_url();
        Self { _running: running, url }
    }

    /// The rows of a report as wolkvox tells them.
    #[track_caller]
    pub(crate) fn rows(&self, operation: &str, file_and_query: &str) -> Value {
        rows(&self.url, operation, file_and_query)
    }

    /// Lets answers go wrong, such as `report=skills&fault=html`.
    #[track_caller]
    pub(crate) fn fault(&self, query: &str) {
        assert_eq!(ask("PUT", &format!("{}/-/faults?{query}", self.url), &[]).status, 204, "{query}");
    }

    #[track_caller]
    pub(crate) fn heal(&self) {
        assert_eq!(ask("DELETE", &format!("{}/-/faults", self.url), &[]).status, 204);
    }

    /// What an operation was asked.
    #[track_caller]
    pub(crate) fn requests(&self, operation: &str) -> Value {
        let all = ask("GET", &format!("{}/-/requests", self.url), &[]).json();
        all.as_array().unwrap().iter().find(|one| one["operation"] == operation).unwrap().clone()
    }
}

/// What a simulated wolkvox tells one of its operations: the content of `data`.
#[track_caller]
pub(crate) fn rows(url: &str, operation: &str, file_and_query: &str) -> Value {
    let token = format!("{operation}-token");
    let answer = ask("GET", &format!("{url}/api/v2/{file_and_query}"), &[("wolkvox-token", &token)]);
    assert!([200, 404].contains(&answer.status), "{file_and_query}: {answer:?}");
    answer.json()["data"].take()
}

/// A folder for configuration and tokens, gone with this.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file; answers its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Writes `config.yaml`; answers the flag that names it.
    pub(crate) fn configuration(&self, text: &str) -> String {
        format!("--config.file={}", self.write("config.yaml", text).display())
    }
}
