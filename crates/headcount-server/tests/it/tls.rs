//! TLS, and HTTP/2 with and without it.

use std::{fs, net::TcpListener, sync::Arc};

use headcount_server::{Settings, job::Jobs, serve, tls};

use crate::served::{BEGIN_MS, Made, ORG, answer, client, user, uuid};

#[tokio::test]
async fn certificate_files_give_https_with_http_2() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let config = tls::load(&certificate, &key).unwrap();

    let store = Made::new().publish(&[user(1, "active", "d")], BEGIN_MS);
    let settings = Settings {
        open_org: Some(ORG.to_owned()),
        ..Settings::default()
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let clock = Arc::new(|| BEGIN_MS);
    let server = serve(
        listener,
        Some(config),
        settings,
        store.store.clone(),
        Jobs::default(),
        clock,
    )
    .await
    .unwrap();
    let client = client()
        .tls_certs_only([reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap()])
        .build()
        .unwrap();
    let url = format!("https://localhost:{}/api/v2/users", server.address().port());
    let response = client.get(&url).send().await.unwrap();
    assert_eq!(response.version(), reqwest::Version::HTTP_2);
    assert!(response.text().await.unwrap().contains(&uuid(1)));
    // Without TLS nobody is answered.
    let plain = client.get(url.replace("https", "http")).send().await;
    assert!(plain.is_err());
}

#[tokio::test]
async fn http_2_works_without_tls_too() {
    let served = Made::new()
        .publish(&[user(1, "active", "d")], BEGIN_MS)
        .serve()
        .await;
    let client = client().http2_prior_knowledge().build().unwrap();
    let found = answer(client.get(format!("{}/api/v2/users", served.url()))).await;
    assert_eq!(found.ids(), [uuid(1)]);
}

#[test]
fn files_that_hold_no_certificate_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    fs::write(&empty, "").unwrap();
    let missing = folder.path().join("missing.pem");
    let error = |certificate, key| {
        let error: Box<dyn std::error::Error> = tls::load(certificate, key).unwrap_err().into();
        error.to_string()
    };
    assert!(error(&empty, &empty).contains("holds no certificate"));
    assert!(error(&missing, &empty).contains("missing.pem"));
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, other.signing_key.serialize_pem()).unwrap();
    assert!(error(&certificate, &key).contains("cannot be used together"));
}
