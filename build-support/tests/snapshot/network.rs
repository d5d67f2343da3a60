//! Downloads, from a server on the loopback interface.

use rumpkernel_build::with_sources;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rumpkernel_build::snapshot::{Error, Request, Tree, Warnings, obtain};

use crate::fixture::{FILES, Fixture, archive_of, expected, github_archive, read_all};

/// Answers every request with the same bytes, and counts the requests for the pin's archive.
struct Server {
    url: String,
    asked: Arc<AtomicUsize>,
}

impl Server {
    fn new(head: String, body: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/mirror/", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                for line in lines
                    .map_while(Result::ok)
                    .take_while(|line| !line.is_empty())
                {
                    let path = "/mirror/archive/0123456789abcdef0123456789abcdef01234567.tar.gz";
                    if line == format!("GET {path} HTTP/1.1") {
                        counter.fetch_add(1, Ordering::SeqCst);
                    }
                }
                // The client may have had enough before the end.
                let _ = stream
                    .write_all(head.as_bytes())
                    .and_then(|()| stream.write_all(&body));
            }
        });
        Self { url, asked }
    }

    /// One that announces `length` bytes, and sends `body`.
    fn announcing(length: usize, body: Vec<u8>) -> Self {
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        Self::new(head, body)
    }

    fn obtain(&self, fixture: &Fixture) -> Result<Tree, Error> {
        let request = Request {
            mirror: Some(self.url.clone()),
            offline: false,
            ..fixture.request()
        };
        obtain(&request, &mut Warnings::default())
    }
}

#[test]
fn an_archive_is_downloaded_once() {
    let (fixture, archive) = (Fixture::new(), github_archive());
    let server = Server::announcing(archive.len(), archive);
    for _ in 0..2 {
        let tree = server.obtain(&fixture).unwrap();
        assert_eq!(read_all(tree.root()), expected());
    }
    assert_eq!(server.asked.load(Ordering::SeqCst), 1);
    obtain(&fixture.request(), &mut Warnings::default()).unwrap();
}

#[test]
fn a_download_that_breaks_off_is_an_error_and_leaves_nothing() {
    let (fixture, archive) = (Fixture::new(), github_archive());
    let server = Server::announcing(archive.len(), archive[..archive.len() / 2].to_vec());
    let error = server.obtain(&fixture).unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
    let message = with_sources(&error);
    assert!(
        message.contains("broke off") || message.contains("cut short"),
        "{message}"
    );
    assert!(message.contains("cargo rumpkernel fetch"), "{message}");
    fixture.assert_nothing_kept();
}

/// Without an announced length only the end of the compressed data tells.
#[test]
fn a_download_that_ends_early_unannounced_is_an_error_and_leaves_nothing() {
    let (fixture, archive) = (Fixture::new(), github_archive());
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_owned();
    let server = Server::new(head, archive[..archive.len() - 4].to_vec());
    let error = server.obtain(&fixture).unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    fixture.assert_nothing_kept();
}

#[test]
fn a_server_that_lacks_the_archive_is_named() {
    let fixture = Fixture::new();
    let head = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let server = Server::new(head.to_owned(), Vec::new());
    let message = with_sources(&server.obtain(&fixture).unwrap_err());
    assert!(
        message.contains("404") && message.contains(&server.url),
        "{message}"
    );
}

#[test]
fn a_server_with_other_content_is_refused() {
    let fixture = Fixture::new();
    let mut files = FILES;
    files[4].1 = "#define QUEUE 2\n";
    let archive = archive_of(files);
    let server = Server::announcing(archive.len(), archive);
    let error = server.obtain(&fixture).unwrap_err();
    assert!(matches!(error, Error::Mismatch(_)), "{error}");
    fixture.assert_nothing_kept();
}

#[test]
fn offline_nobody_is_asked() {
    let (fixture, archive) = (Fixture::new(), github_archive());
    let server = Server::announcing(archive.len(), archive);
    let request = Request {
        mirror: Some(server.url.clone()),
        ..fixture.request()
    };
    let message = obtain(&request, &mut Warnings::default())
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("not asked, the build is offline"),
        "{message}"
    );
    assert_eq!(server.asked.load(Ordering::SeqCst), 0);
}

#[test]
fn a_server_that_is_not_there_is_an_error_that_says_what_helps() {
    let fixture = Fixture::new();
    // A port that was free a moment ago.
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let request = Request {
        mirror: Some(format!("http://{address}")),
        offline: false,
        ..fixture.request()
    };
    let message = obtain(&request, &mut Warnings::default())
        .unwrap_err()
        .to_string();
    assert!(message.contains(&address.to_string()), "{message}");
    assert!(message.contains("RUMPKERNEL_SOURCE"), "{message}");
}
