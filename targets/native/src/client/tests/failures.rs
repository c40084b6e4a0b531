//! Each way to fail has its own name.

use super::*;

async fn failure(client: &Client, url: impl AsRef<str>) -> HttpError {
    match client.send(get(url)).await {
        Err(error) => error,
        Ok(response) => text(response).await.unwrap_err(),
    }
}

#[test]
fn a_name_without_an_address_is_dns() {
    on_a_lane(async {
        assert_eq!(failure(&client(), "http://nonexistent.invalid/").await, HttpError::Dns);
        assert_eq!(failure(&client(), "https://nonexistent.invalid/").await, HttpError::Dns);
    });
}

#[test]
fn a_port_where_nobody_listens_is_connect() {
    on_a_lane(async {
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        assert_eq!(failure(&client(), format!("http://{closed}/")).await, HttpError::Connect);
    });
}

#[test]
fn a_handshake_that_does_not_end_is_a_connect_timeout() {
    on_a_lane(async {
        let silent = server(|_, stream| async move {
            std::future::pending::<()>().await;
            drop(stream);
            Ok(())
        })
        .await;
        let client = Client::new(Settings { connect_timeout: Duration::from_millis(50), ..settings() });
        assert_eq!(failure(&client, format!("https://{silent}/")).await, HttpError::ConnectTimeout);
    });
}

#[test]
fn an_address_that_is_none_is_refused() {
    on_a_lane(async {
        for url in ["/v1/models", "ftp://127.0.0.1/"] {
            assert_eq!(failure(&client(), url).await, HttpError::Refused, "{url}");
        }
    });
}

#[test]
fn an_answer_that_stops_is_told_by_where_it_stopped() {
    on_a_lane(async {
        for (said, expected) in [
            ("", HttpError::ResetBeforeHead),
            ("HTTP/1.1 200 OK\r\ncontent-le", HttpError::ResetBeforeHead),
            ("SSH-2.0-OpenSSH_9.2\r\n", HttpError::ResetBeforeHead),
            ("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345", HttpError::ResetAfterHead),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n123", HttpError::ResetAfterHead),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n123\r\n", HttpError::ResetAfterHead),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nlots\r\n", HttpError::ResetAfterHead),
        ] {
            let address = server(move |_, mut stream| async move {
                read_request(&mut stream).await?;
                stream.write_all(said.as_bytes()).await
            })
            .await;
            assert_eq!(failure(&client(), format!("http://{address}/")).await, expected, "{said:?}");
        }
    });
}

#[test]
fn redirects_are_answers() {
    on_a_lane(async {
        let address = server(|_, mut stream| async move {
            read_request(&mut stream).await?;
            stream.write_all(b"HTTP/1.1 307 See There\r\nlocation: /there\r\ncontent-length: 0\r\n\r\n").await
        })
        .await;
        let response = client().send(get(format!("http://{address}/here"))).await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["location"]),
            (307, &"/there".parse().unwrap())
        );
    });
}

#[test]
fn an_answer_that_comes_before_the_whole_request_was_taken_is_an_answer() {
    on_a_lane(async {
        let address = server(|index, mut stream| async move {
            read_some(&mut stream).await?;
            stream
                .write_all(format!("HTTP/1.1 413 Too Large\r\ncontent-length: 1\r\n\r\n{index}").as_bytes())
                .await?;
            // It reads no further, and stays.
            std::future::pending::<()>().await;
            Ok(())
        })
        .await;
        let client = client();
        for expected in ["0", "1"] {
            let body = Payload::from(vec![b'x'; 64 << 20]);
            let request = Request::post(format!("http://{address}/")).body(body).unwrap();
            let response = client.send(request).await.unwrap();
            assert_eq!(response.status().as_u16(), 413);
            assert_eq!(text(response).await.unwrap(), expected, "its connection takes no other request");
        }
    });
}

#[test]
fn bytes_behind_an_answer_end_its_connection() {
    on_a_lane(async {
        let address = server(|index, mut stream| async move {
            read_request(&mut stream).await?;
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n{index}");
            stream.write_all(format!("{answer}{answer}").as_bytes()).await?;
            stream.read(&mut [0; 16]).await.map(drop)
        })
        .await;
        let client = client();
        for expected in ["0", "1"] {
            let response = client.send(get(format!("http://{address}/"))).await.unwrap();
            assert_eq!(text(response).await.unwrap(), expected);
        }
    });
}

async fn read_some(stream: &mut TcpStream) -> io::Result<()> {
    stream.read(&mut [0; 1024]).await.map(drop)
}
