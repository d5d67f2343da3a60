//! A source tree from the network: the https archive that GitHub makes of a revision.

use std::fs::File;
use std::io::{Read, Seek as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::archive;
use super::cache::Cache;
use super::error::Error;
use super::pin::Pin;
use super::progress::Progress;
use super::staging::{Staging, cache_error};

/// How long a server may take to accept a connection, and again to begin its answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the archive (some 40 MB) may take to arrive.
const TRANSFER: Duration = Duration::from_secs(30 * 60);
/// The most bytes to download.
const LARGEST: u64 = 1 << 30;

/// Where the archive of `pin` is.
pub(super) fn url(pin: &Pin, mirror: Option<&str>) -> String {
    let repository = mirror.unwrap_or(&pin.repository).trim_end_matches('/');
    format!("{repository}/archive/{}.tar.gz", pin.revision)
}

/// Downloads the archive at `url` wholly, then takes in its subset.
///
/// Proxies are those of the environment (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`).
pub(super) fn import(
    url: &str,
    pin: &Pin,
    cache: &Cache,
    staging: &mut Staging,
    progress: &mut dyn Progress,
) -> Result<(), Error> {
    let (path, mut file) = cache.download_file(&pin.digest.to_string())?;
    let outcome = receive(url, &path, &mut file, progress).and_then(|length| {
        let rewound = file.rewind();
        rewound.map_err(|source| Error::Read {
            path: path.clone(),
            source,
        })?;
        archive::unpack(&file, Some(length), staging, progress)
    });
    // Whatever came of it, the archive is of no more use.
    let _ = std::fs::remove_file(&path);
    outcome
}

/// The certificates that the host trusts (`SSL_CERT_FILE` and `SSL_CERT_DIR` name others), because it
/// may be behind a proxy that has one of its own; where there are none, those that ureq brings.
fn roots() -> RootCerts {
    let trusted = rustls_native_certs::load_native_certs().certs;
    if trusted.is_empty() {
        return RootCerts::WebPki;
    }
    let trusted = trusted
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned());
    RootCerts::Specific(Arc::new(trusted.collect()))
}

fn receive(
    url: &str,
    path: &Path,
    file: &mut File,
    progress: &mut dyn Progress,
) -> Result<u64, Error> {
    let fail = |reason: String| Error::Download {
        url: url.to_owned(),
        reason,
    };
    let agent: Agent = Agent::config_builder()
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .timeout_recv_body(Some(TRANSFER))
        .tls_config(TlsConfig::builder().root_certs(roots()).build())
        .user_agent(concat!("rumpkernel-build/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    let response = agent
        .get(url)
        .call()
        .map_err(|error| fail(error.to_string()))?;
    let announced = response.body().content_length();
    progress.begin("downloading", announced);
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0; 64 * 1024];
    let mut received = 0;
    let outcome = loop {
        match body.read(&mut buffer) {
            Ok(0) => break Ok(received),
            Ok(count) => {
                received += count as u64;
                if received > LARGEST {
                    break Err(fail(format!("more than {LARGEST} bytes")));
                }
                if let Err(source) = file.write_all(&buffer[..count]) {
                    break Err(cache_error("write", path, source));
                }
                progress.advance(count as u64);
            }
            Err(error) => {
                break Err(fail(format!("broke off after {received} bytes: {error}")));
            }
        }
    };
    progress.end();
    match (outcome, announced) {
        (Ok(received), Some(announced)) if received != announced => Err(fail(format!(
            "cut short: {received} of {announced} bytes arrived"
        ))),
        (outcome, _) => outcome,
    }
}
