//! TLS to a PostgreSQL server: encrypted alone, or with the server's certificate looked at too.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Whose certificates are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Anyone's: what is sent is encrypted, to whomever it goes (`sslmode=prefer` and `require`).
    Anyone,
    /// Those that the system's certificates, or those in a PEM file, vouch for, with the host's name in them
    /// (`sslmode=verify-full`).
    Roots(Option<PathBuf>),
}

impl Trust {
    /// What makes the connections.
    ///
    /// # Errors
    /// What is wrong with the certificates, in words.
    pub fn connector(&self) -> Result<MakeRustlsConnect, String> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let config = match self {
            Trust::Anyone => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
                .with_no_client_auth(),
            Trust::Roots(Some(file)) if file != Path::new("system") => {
                builder.with_root_certificates(roots(file)?).with_no_client_auth()
            }
            Trust::Roots(_) => {
                // The connector takes the process's provider: one that somebody has set already is as good.
                let _ = ring::default_provider().install_default();
                return match MakeRustlsConnect::with_native_certs() {
                    Ok((connector, _)) => Ok(connector),
                    Err(_) => Err(
                        "the system has no certificates: expected them, or a file of them as sslrootcert"
                            .to_owned(),
                    ),
                };
            }
        };
        Ok(MakeRustlsConnect::new(config))
    }
}

fn roots(file: &Path) -> Result<RootCertStore, String> {
    let told = |what: String| format!("sslrootcert {}: {what}", file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| told(error.to_string()))? {
        let certificate = certificate.map_err(|error| told(error.to_string()))?;
        roots.add(certificate).map_err(|error| told(error.to_string()))?;
    }
    match roots.is_empty() {
        true => Err(told("no certificate in it: expected PEM".to_owned())),
        false => Ok(roots),
    }
}

/// Takes any certificate, as libpq's `prefer` and `require` do; the handshake's signatures must be right still.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
