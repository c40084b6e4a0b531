//! Requests that do not go straight.

use std::{cell::RefCell, rc::Rc};

use super::*;

fn through(proxy: String) -> Client {
    let proxies = Proxies::from_matcher(Matcher::builder().all(proxy).build());
    Client::new(Settings { proxies, ..settings() })
}

#[test]
fn a_forwarding_proxy_reads_the_whole_address() {
    on_a_lane(async {
        let requests = Rc::new(RefCell::new(Vec::new()));
        let seen = requests.clone();
        let proxy = server(move |_, mut stream| {
            let seen = seen.clone();
            async move {
                loop {
                    let request = read_request(&mut stream).await?;
                    seen.borrow_mut().push(request);
                    answer(&mut stream, "forwarded").await?;
                }
            }
        })
        .await;
        let client = through(format!("http://me:it@{proxy}"));
        let response = client.send(get("http://provider.invalid:8000/v1/models")).await.unwrap();
        assert_eq!(text(response).await.unwrap(), "forwarded");
        assert_eq!(
            *requests.borrow(),
            ["GET http://provider.invalid:8000/v1/models HTTP/1.1\r\nhost: provider.invalid:8000\r\n\
              proxy-authorization: Basic bWU6aXQ=\r\n\r\n"]
        );
    });
}

#[test]
fn a_tunnel_is_asked_for_before_tls_begins() {
    on_a_lane(async {
        let (opened, mut seen) = tokio::sync::mpsc::unbounded_channel();
        let proxy = server(move |_, mut stream| {
            let opened = opened.clone();
            async move {
                let asked = read_request(&mut stream).await?;
                stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
                opened.send((asked, stream.read_u8().await?)).map_err(io::Error::other)
            }
        })
        .await;
        let error = through(format!("http://{proxy}")).send(get("https://provider.invalid/")).await.err();
        let (asked, first) = seen.recv().await.unwrap();
        assert_eq!(asked, "CONNECT provider.invalid:443 HTTP/1.1\r\nHost: provider.invalid:443\r\n\r\n");
        assert_eq!(first, 0x16, "a TLS handshake");
        assert!(matches!(error, Some(HttpError::Tls | HttpError::Connect)), "the proxy hung up: {error:?}");
    });
}

#[test]
fn a_proxy_that_refuses_or_is_not_there_is_connect() {
    on_a_lane(async {
        let refusing = server(|_, mut stream| async move {
            read_request(&mut stream).await?;
            stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await
        })
        .await;
        let absent = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        for proxy in [refusing, absent] {
            let error = through(format!("http://{proxy}")).send(get("https://provider.invalid/")).await.err();
            assert_eq!(error, Some(HttpError::Connect));
        }
        let error =
            through("http://nonexistent.invalid:3128".to_owned()).send(get("http://provider.invalid/")).await;
        assert_eq!(error.err(), Some(HttpError::Dns), "of the proxy");
    });
}

#[test]
fn a_socks_proxy_is_told_the_name() {
    on_a_lane(async {
        let proxy = server(|_, mut stream| async move {
            let mut greeting = [0; 3];
            stream.read_exact(&mut greeting).await?;
            assert_eq!(greeting, [5, 1, 0], "version 5, one method, none");
            stream.write_all(&[5, 0]).await?;
            let mut asked = [0; 5 + 16 + 2];
            stream.read_exact(&mut asked).await?;
            assert_eq!(&asked[..5], &[5, 1, 0, 3, 16], "connect to a name of 16 bytes");
            assert_eq!(&asked[5..21], b"provider.invalid");
            stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 80]).await?;
            read_request(&mut stream).await?;
            answer(&mut stream, "through").await
        })
        .await;
        let response =
            through(format!("socks5h://{proxy}")).send(get("http://provider.invalid/")).await.unwrap();
        assert_eq!(text(response).await.unwrap(), "through");
    });
}
