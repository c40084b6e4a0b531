//! Requests whose address a caller named.

use std::cell::Cell;

use tollbridge_core::ports::PublicOnly;

use super::{tls::identity, *};

fn named(url: impl AsRef<str>) -> Request<Payload> {
    let mut request = get(url);
    request.extensions_mut().insert(PublicOnly);
    request
}

/// A server that counts who comes.
async fn counted(identity: tokio_rustls::TlsAcceptor) -> (u16, Rc<Cell<usize>>) {
    let came = Rc::new(Cell::new(0));
    let count = came.clone();
    let address = server(move |_, stream| {
        count.set(count.get() + 1);
        let acceptor = identity.clone();
        async move {
            let mut stream = acceptor.accept(stream).await?;
            loop {
                read_request(&mut stream).await?;
                answer(&mut stream, "here").await?;
            }
        }
    })
    .await;
    (address.port(), came)
}

#[test]
fn no_connection_is_made_to_an_address_that_is_not_public() {
    on_a_lane(async {
        let (acceptor, settings) = identity(&[]);
        let (port, came) = counted(acceptor).await;
        let client = Client::new(settings);
        for host in ["localhost", "127.0.0.1", "[::1]", "2130706433", "0x7f.1"] {
            let refused = client.send(named(format!("https://{host}:{port}/"))).await;
            assert!(matches!(refused, Err(HttpError::Refused | HttpError::Dns)), "{host}");
        }
        let named_so = client.send(named(format!("https://localhost:{port}/"))).await;
        assert_eq!(named_so.err(), Some(HttpError::Refused));
        assert_eq!(came.get(), 0);
        // Nor over a connection that another request has opened.
        let other = client.send(get(format!("https://localhost:{port}/"))).await.unwrap();
        assert_eq!(text(other).await.unwrap(), "here");
        let still = client.send(named(format!("https://localhost:{port}/"))).await;
        assert_eq!(still.err(), Some(HttpError::Refused));
        assert_eq!(came.get(), 1);
    });
}

#[test]
fn a_public_address_is_reached_and_its_connection_not_kept() {
    on_a_lane(async {
        let (acceptor, settings) = identity(&[]);
        let (port, came) = counted(acceptor).await;
        let client = Client::new(Settings { public: |_| true, ..settings });
        for _ in 0..2 {
            let response = client.send(named(format!("https://localhost:{port}/"))).await.unwrap();
            assert_eq!(text(response).await.unwrap(), "here");
        }
        assert_eq!(came.get(), 2);
    });
}

#[test]
fn what_would_go_through_a_proxy_is_refused_as_nobody_could_check() {
    on_a_lane(async {
        let proxies = Proxies::from_matcher(Matcher::builder().all("http://127.0.0.1:1").build());
        let client = Client::new(Settings { proxies, public: |_| true, ..settings() });
        let refused = client.send(named("https://example.com/a.png")).await;
        assert_eq!(refused.err(), Some(HttpError::Refused));
    });
}
